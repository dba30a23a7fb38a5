"""Callers by API keys in a file of their digests, which is read again when it changes."""

import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.core.access.model import Caller
from triptych import keyring
from triptych.runtime.security.followed import Followed
from triptych.vocabulary.errors import Reason, Unauthenticated
from triptych.vocabulary.roles import Role

# Compared with where there is no such key, so that a wrong id takes as long as a wrong secret.
_NOBODY = "0" * 64


@dataclass(frozen=True)
class DefaultLimits:
    """Limits of callers that have none of their own; None: no limit."""

    requests_per_second: float | None = None
    requests_at_once: int | None = None


class KeyFile:
    """Implements `Credentials` by the file at *path*; *now* returns the seconds since 1970.

    Raises:
        OSError, ValueError: the file cannot be read, or is none of keys.
    """

    def __init__(self, path: Path, limits: DefaultLimits, now: Callable[[], float] = time.time) -> None:
        self._limits, self._now = limits, now
        self._keys: Followed[Mapping[str, keyring.Key]] = Followed(
            [path], lambda: {key.id: key for key in keyring.read(path).keys}
        )

    def caller(self, sent: str) -> Caller:
        """See the port."""
        key = self._keys.value().get(keyring.id_of(sent) or "")
        is_right = hmac.compare_digest(keyring.digest(sent), key.sha256 if key else _NOBODY)
        if key is None or not is_right or key.revoked is not None:
            raise invalid()
        if key.expires is not None and key.expires.timestamp() <= self._now():
            raise expired("key")
        return Caller(
            id=key.id,
            role=max(Role[name.upper()] for name in key.roles),
            catalogs=frozenset(key.catalogs),
            requests_per_second=key.requests_per_second or self._limits.requests_per_second,
            requests_at_once=key.requests_at_once or self._limits.requests_at_once,
        )


def invalid() -> Unauthenticated:
    """Return the error for what was sent, without saying what is wrong with it."""
    return Unauthenticated("The key or token is not accepted.", reason=Reason.CREDENTIALS_INVALID)


def expired(what: str) -> Unauthenticated:
    """Return the error for a *what*, "key" or "token", that was right once."""
    return Unauthenticated(f"The {what} has expired; get a new one.", reason=Reason.CREDENTIALS_EXPIRED)
