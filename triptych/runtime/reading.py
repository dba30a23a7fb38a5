"""Settings read from the environment, and what is wrong with them in one line."""

from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsError

Settings = TypeVar("Settings", bound=BaseSettings)


class WrongSettings(ValueError):
    """Settings that cannot be used. The message says which and why, and quotes no value: it may be a secret."""


def read_settings(kind: type[Settings], **given: Any) -> Settings:
    """Return the settings of *kind*: what is *given*, or else what stands in the environment, or else the defaults.

    Raises:
        WrongSettings: a value is none, or is outside of its bounds, two exclude one another, or secrets are not there.
    """
    try:
        return kind(**given)
    except ValidationError as error:
        raise WrongSettings(said(kind, error.errors())) from None
    except SettingsError as error:
        raise WrongSettings(f"{error}: lists are JSON") from None
    except OSError as error:
        raise WrongSettings(str(error)) from error


def said(kind: type[BaseSettings], errors: Iterable[ErrorDetails]) -> str:
    """Return what *errors* of settings of *kind* say, by variable: "TRIPTYCH_SEARCH_PORT: Input should be …; …"."""
    prefix = kind.model_config.get("env_prefix", "")
    lines = []
    for each in errors:
        message = each["msg"].removeprefix("Value error, ")
        variable = f"{prefix}{each['loc'][0]}".upper() if each["loc"] else ""
        lines.append(f"{variable}: {message}" if variable else message)
    return "; ".join(lines)
