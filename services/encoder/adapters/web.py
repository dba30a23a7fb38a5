"""Media on web servers that the operator allowed.

httpcore2 and not httpx: it follows no redirect, unpacks nothing and heeds no proxy variable by itself, and lets the
address that is connected to be chosen, so that the one that was checked is the one that is used. Not httpcore either:
its pool loses a connection now and then when a fetch is cancelled, and in the end has none left.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import certifi
import httpcore2
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from services.encoder.adapters.connections import CheckedBackend
from services.encoder.adapters.gates import Gates, SilentHost
from services.encoder.adapters.recent import RecentFiles
from services.encoder.adapters.uris import Address, not_allowed, unanswered, unreadable
from services.encoder.core.files import too_large
from services.encoder.metrics import FETCHES
from triptych.vocabulary.errors import TriptychError

REDIRECTS_MAX = 3
BACK_OFF_FIRST_S, BACK_OFF_MAX_S = 0.1, 1.0

_HEADERS = ((b"Accept", b"image/*, audio/*, application/octet-stream"), (b"Accept-Encoding", b"identity"))
_OK = 200
_MOVED = frozenset({301, 302, 303, 307, 308})
# Said by servers, and what stands before them, that may do better in a moment.
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})

_SILENT = (httpcore2.ConnectTimeout, httpcore2.ReadTimeout, httpcore2.WriteTimeout)
_BROKEN = (httpcore2.NetworkError, httpcore2.RemoteProtocolError)


class PassingFailure(Exception):
    """Something that another try may not meet."""


@dataclass(frozen=True)
class WebLimits:
    """What fetching may cost.

    Args:
        fetch_s: longest time of one address from its turn on, tries included; a redirect's is one of its own.
        connect_s: longest look-up, and longest connecting.
        read_s: longest silence.
        attempts_max: tries of one address.
        fetches_max: connections at once.
        fetches_per_host_max: fetches of one host at once.
    """

    fetch_s: float = 5.0
    connect_s: float = 1.0
    read_s: float = 2.0
    attempts_max: int = 3
    fetches_max: int = 64
    fetches_per_host_max: int = 8


@dataclass(frozen=True)
class Answer:
    """What a server said: a file and for how long it holds, or where it is."""

    data: bytes = b""
    cache_control: bytes = b""
    location: str = ""


class Web:
    """Fetches over HTTP(S) what *allowed* lets pass, while *waiting_s* says that the request may wait for it."""

    def __init__(
        self,
        backend: CheckedBackend,
        *,
        allowed: Callable[[str], Address],
        waiting_s: Callable[[], float],
        limits: WebLimits,
        recent: RecentFiles,
    ) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            trusting(), max_connections=limits.fetches_max, network_backend=backend
        )
        self._allowed = allowed
        self._waiting_s = waiting_s
        self._limits = limits
        self._recent = recent
        self._gates = Gates(limits.fetches_per_host_max)
        waits = {"connect": limits.connect_s, "read": limits.read_s, "write": limits.read_s}
        self._waits = {**waits, "pool": limits.fetch_s}
        self._retrying = AsyncRetrying(
            retry=retry_if_exception_type(PassingFailure),
            stop=stop_after_attempt(limits.attempts_max),
            wait=wait_random_exponential(BACK_OFF_FIRST_S, BACK_OFF_MAX_S),
            reraise=True,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    async def read(self, uri: str, address: Address, bytes_max: int) -> bytes:
        """Return the file at *uri*, or where that leads."""
        recent = self._recent.get(uri)
        if recent is not None and len(recent) <= bytes_max:
            FETCHES.labels("RECENT").inc()
            return recent
        try:
            data = await self._in_time(uri, address, bytes_max)
        except TriptychError as error:
            FETCHES.labels(error.reason.value).inc()
            raise
        FETCHES.labels("OK").inc()
        return data

    async def _in_time(self, uri: str, address: Address, bytes_max: int) -> bytes:
        try:
            async with asyncio.timeout(self._waiting_s()):
                return await self._followed(uri, address, bytes_max)
        except TimeoutError as error:
            raise unanswered() from error

    async def _followed(self, uri: str, address: Address, bytes_max: int) -> bytes:
        at = uri
        for _ in range(1 + REDIRECTS_MAX):
            answer = await self._answer(at, address, bytes_max)
            if not answer.location:
                self._recent.put(uri, answer.data, answer.cache_control)
                return answer.data
            at = joined(at, answer.location)
            # Each hop is judged as if the client had named it.
            address = self._allowed(at)
        raise unreadable()

    async def _answer(self, uri: str, address: Address, bytes_max: int) -> Answer:
        try:
            async with (
                self._gates.through(address.host, address.port),
                asyncio.timeout(self._limits.fetch_s),
            ):
                # A copy: the object counts its tries in itself.
                return await self._retrying.copy()(self._tried, uri, bytes_max)
        except PassingFailure as error:
            raise unanswered() from error

    async def _tried(self, uri: str, bytes_max: int) -> Answer:
        try:
            return await self._asked(uri, bytes_max)
        except _SILENT as error:
            raise SilentHost from error
        except _BROKEN as error:
            raise PassingFailure from error
        except httpcore2.PoolTimeout as error:
            raise unanswered() from error
        except (OSError, httpcore2.ProtocolError, httpcore2.UnsupportedProtocol) as error:
            raise unreadable() from error

    async def _asked(self, uri: str, bytes_max: int) -> Answer:
        extensions = {"timeout": self._waits}
        async with self._pool.stream("GET", url_of(uri), headers=_HEADERS, extensions=extensions) as answer:
            headers = {name.lower(): value for name, value in answer.headers}
            if answer.status in _MOVED and headers.get(b"location"):
                return Answer(location=headers[b"location"].decode("latin-1"))
            if answer.status in _BUSY:
                raise PassingFailure(answer.status)
            if answer.status != _OK or headers.get(b"content-encoding", b"identity") != b"identity":
                raise unreadable()
            return Answer(await body_of(answer, bytes_max), headers.get(b"cache-control", b""))


def trusting() -> ssl.SSLContext:
    """Return whom to trust: the authorities of the system, and certifi's, since an image may have none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


async def body_of(answer: httpcore2.Response, bytes_max: int) -> bytes:
    """Return the body, of which nothing is read beyond the limit.

    Raises:
        InvalidArgument: MEDIA_TOO_LARGE.
    """
    body = bytearray()
    async for chunk in answer.aiter_stream():
        body += chunk
        if len(body) > bytes_max:
            raise too_large(bytes_max)
    return bytes(body)


def url_of(uri: str) -> httpcore2.URL:
    """Return what is asked for: the path as it was judged. Made of a string, a URL loses what follows a semicolon."""
    parts = urlsplit(uri)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return httpcore2.URL(scheme=parts.scheme, host=parts.hostname or "", port=parts.port, target=target)


def joined(uri: str, location: str) -> str:
    """Return where *location*, which may be relative, leads from *uri*.

    Raises:
        InvalidArgument: URI_NOT_ALLOWED, nowhere.
    """
    try:
        return urljoin(uri, location)
    except ValueError as error:
        raise not_allowed() from error
