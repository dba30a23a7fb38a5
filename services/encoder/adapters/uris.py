"""Addresses of media: refused unless they fall under a prefix that the operator allowed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from triptych.vocabulary.errors import InvalidArgument, Reason, Unavailable

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """A URI taken apart; *path* is decoded as often as it takes, *port* is 0 for files."""

    scheme: str
    host: str
    port: int
    path: str

    def covers(self, other: "Address") -> bool:
        """Whether *other* lies under this one, taken as a folder."""
        same_server = (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port)
        return same_server and other.path.startswith(self.path.rstrip("/") + "/")


class Source(Protocol):
    """Reads what lies behind an allowed address."""

    async def read(self, uri: str, address: Address, bytes_max: int) -> bytes:
        """Return at most *bytes_max* bytes.

        Raises:
            InvalidArgument: URI_NOT_ALLOWED, URI_UNREADABLE or MEDIA_TOO_LARGE.
            Unavailable: URI_UNAVAILABLE.
        """
        ...


class AllowList:
    """The addresses that lie under one of the prefixes in *allow*.

    Raises:
        ValueError: a prefix is none, such as a relative path.
    """

    def __init__(self, allow: Sequence[str]) -> None:
        self._prefixes = tuple(map(prefix_of, allow))

    def address(self, uri: str) -> Address:
        """Return *uri* taken apart.

        Raises:
            InvalidArgument: URI_NOT_ALLOWED.
        """
        address = address_of(uri)
        if not any(prefix.covers(address) for prefix in self._prefixes):
            raise not_allowed()
        return address

    def web_address(self, uri: str) -> Address:
        """Return the address of a web server; a file is none, allowed or not.

        Raises:
            InvalidArgument: URI_NOT_ALLOWED.
        """
        address = self.address(uri)
        if address.scheme not in PORTS:
            raise not_allowed()
        return address


class AllowedUris:
    """Fetches what the list allows, from *files* or from the *web*."""

    def __init__(self, allow: AllowList, files: Source, web: Source) -> None:
        self._allow = allow
        self._files = files
        self._web = web

    async def fetch(self, uri: str, bytes_max: int) -> bytes:
        """Return what *uri* holds."""
        address = self._allow.address(uri)
        source = self._files if address.scheme == "file" else self._web
        return await source.read(uri, address, bytes_max)


def not_allowed() -> InvalidArgument:
    """Return the error for an address that the operator did not allow; it says the same whatever lies there."""
    return InvalidArgument(
        "This address is not one that the service may read; send the file itself.",
        reason=Reason.URI_NOT_ALLOWED,
    )


def unreadable() -> InvalidArgument:
    """Return the error for an allowed address at which no file can be read."""
    return InvalidArgument("At this address no file can be read.", reason=Reason.URI_UNREADABLE)


def unanswered() -> Unavailable:
    """Return the error for an allowed address whose host does not answer, or not well: it may do so later."""
    return Unavailable(
        "The host of this address does not answer; try again in a moment.",
        reason=Reason.URI_UNAVAILABLE,
        retry_after_ms=Unavailable.RETRY_AFTER_MS,
    )


def prefix_of(allowed: str) -> Address:
    """Return the prefix that the setting *allowed* means.

    Raises:
        ValueError: it means none.
    """
    try:
        return address_of(allowed)
    except InvalidArgument as error:
        raise ValueError(
            f"uri_allow: {allowed!r} is not a file, http or https address of a folder"
        ) from error


def address_of(uri: str) -> Address:
    """Take *uri* apart.

    Raises:
        InvalidArgument: URI_NOT_ALLOWED; also for what different readers could understand differently.
    """
    # Spaces, control characters and backslashes are silently dropped or turned round by some readers.
    if not uri.isascii() or not uri.isprintable() or " " in uri or "\\" in uri:
        raise not_allowed()
    try:
        return _address(urlsplit(uri))
    except ValueError as error:
        raise not_allowed() from error


def _address(parts: SplitResult) -> Address:
    path = decoded(parts.path)
    if parts.scheme == "file":
        # A host, query or fragment means nothing for a file here.
        plain = parts.netloc in {"", "localhost"} and not parts.query and not parts.fragment
        if plain and path.startswith("/"):
            return Address("file", "", 0, path)
    elif parts.scheme in PORTS and parts.hostname and "@" not in parts.netloc and not climbs(path):
        port = PORTS[parts.scheme] if parts.port is None else parts.port
        return Address(parts.scheme, parts.hostname.rstrip("."), port, path or "/")
    raise ValueError("no address that can be read")


def climbs(path: str) -> bool:
    """Whether a folder of *path* is "..", with or without the parameters that some servers take away: "..;x"."""
    return any(folder.partition(";")[0] == ".." for folder in path.split("/"))


def decoded(path: str) -> str:
    """Return *path* without percent signs, however often it was encoded: a server may decode once more than we.

    Raises:
        ValueError: it hides a NUL or a backslash, or is not UTF-8.
    """
    while (once := unquote(path, errors="strict")) != path:
        path = once
    if "\0" in path or "\\" in path:
        raise ValueError("NUL or backslash in a path")
    return path
