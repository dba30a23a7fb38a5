"""The file of API keys: what it holds, and how keys are added and revoked. `triptych keys` writes it, the gateway reads it.

A key is 256 random bits, so its SHA-256 is as hard to turn round as the key is to guess: slow hashes with salt are for
passwords, which people choose, and would cost each request some 100 ms.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from triptych.vocabulary.roles import EVERY_CATALOG, Role

PREFIX = "tk"
_KEY = re.compile(rf"{PREFIX}_(?P<id>[0-9a-f]{{12}})_(?P<secret>[A-Za-z0-9_-]{{43}})")
# As in the schema.
CatalogName = Annotated[str, Field(pattern=r"^(\*|[a-z][a-z0-9_]{0,31})$")]


class Key(BaseModel):
    """What is known of a key: never the key itself.

    Attributes:
        id: the part of the key that is no secret; stands in logs.
        name: whose key it is, for people.
        sha256: of the whole key, in hexadecimal.
        roles: "search", "write", "admin".
        catalogs: those it may use; "*": every one.
        requests_per_second, requests_at_once: its own limits; None: the gateway's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: str = Field(pattern=r"^[0-9a-f]{12}$")
    name: str = Field(min_length=1, max_length=128)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    roles: tuple[str, ...] = Field(min_length=1)
    catalogs: tuple[CatalogName, ...] = Field(min_length=1)
    created: AwareDatetime
    expires: AwareDatetime | None = None
    revoked: AwareDatetime | None = None
    requests_per_second: float | None = Field(None, gt=0, allow_inf_nan=False)
    requests_at_once: int | None = Field(None, ge=1)

    @field_validator("roles")
    @classmethod
    def _are_roles(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = {name for name in names if name.upper() not in Role.__members__}
        if unknown:
            raise ValueError(f"no role: {', '.join(sorted(unknown))}; there are search, write and admin")
        return names

    @property
    def is_everywhere(self) -> bool:
        """Whether it may use every catalogue."""
        return EVERY_CATALOG in self.catalogs


class Keyring(BaseModel):
    """The file as a whole."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    version: int = Field(1, ge=1, le=1)
    keys: tuple[Key, ...] = ()


def digest(key: str) -> str:
    """Return the SHA-256 of *key* in hexadecimal."""
    return hashlib.sha256(key.encode()).hexdigest()


def id_of(key: str) -> str | None:
    """Return the id in *key*; None when it has not the form of a key."""
    found = _KEY.fullmatch(key)
    return found["id"] if found else None


def new_key() -> tuple[str, str]:
    """Return a new id, and a new key with it."""
    key_id = secrets.token_hex(6)
    return key_id, f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"


def read(path: Path) -> Keyring:
    """Return the keys in the file at *path*.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file of keys; the message has no key.
    """
    try:
        return Keyring.model_validate_json(path.read_bytes())
    except ValidationError as error:
        where = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:3])
        raise ValueError(f"{path} is no file of keys: {where}") from None


def add(path: Path, key: Key) -> None:
    """Add *key* to the file at *path*, which is made where there is none."""
    with _changing(path) as keyring:
        _write(path, Keyring(keys=(*keyring.keys, key)))


def revoke(path: Path, key_id: str) -> Key | None:
    """Revoke the key of that id and return it; None when there is none. Revoking again changes nothing."""
    with _changing(path) as keyring:
        now = datetime.now(UTC)
        keys = {
            each.id: each.model_copy(update={"revoked": each.revoked or now}) if each.id == key_id else each
            for each in keyring.keys
        }
        if key_id in keys:
            _write(path, Keyring(keys=tuple(keys.values())))
        return keys.get(key_id)


@contextlib.contextmanager
def _changing(path: Path) -> Iterator[Keyring]:
    """Yield what the file holds; nobody else changes it meanwhile."""
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield read(path) if path.exists() else Keyring()


def _write(path: Path, keyring: Keyring) -> None:
    """Put *keyring* in the place of the file at once, durably, and readable for whoever could read it before."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        os.fchmod(file.fileno(), mode)
        file.write(keyring.model_dump_json(indent=2, exclude_none=True) + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
