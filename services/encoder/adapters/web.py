"""Media on web servers that the operator allowed.

httpcore and not httpx: it follows no redirect, unpacks nothing and heeds no proxy variable by itself, and lets the
address that is connected to be chosen, so that the one that was checked is the one that is used.
"""

import asyncio
import ssl
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from services.encoder.adapters.hosts import Resolve, first_allowed
from services.encoder.adapters.uris import Address, unreadable
from services.encoder.core.media import too_large

_HEADERS = ((b"Accept", b"image/*, audio/*, application/octet-stream"), (b"Accept-Encoding", b"identity"))
_OK = 200

_FAILURES = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to the address that was checked, not to whatever the name means a moment later."""

    def __init__(self, resolve: Resolve, *, private_allowed: bool) -> None:
        self._backend = httpcore.AnyIOBackend()
        self._resolve = resolve
        self._private_allowed = private_allowed

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to *host*; certificates are still held against its name."""
        address = first_allowed(await self._resolve(host, port), private_allowed=self._private_allowed)
        return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Sleep between two tries."""
        await self._backend.sleep(seconds)


class Web:
    """Fetches over HTTP(S) within *timeout_s* and within what *remaining_s* says is left of the request's time."""

    def __init__(
        self,
        backend: CheckedBackend,
        *,
        timeout_s: float,
        remaining_s: Callable[[], float],
        fetches_max: int,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context, max_connections=fetches_max, network_backend=backend
        )
        self._timeout_s = timeout_s
        self._remaining_s = remaining_s

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    async def read(self, uri: str, address: Address, bytes_max: int) -> bytes:  # noqa: ARG002 - the port's
        """Return the body of the answer, which must be a plain 200."""
        timeout_s = min(self._timeout_s, self._remaining_s())
        try:
            async with asyncio.timeout(timeout_s):
                return await self._body(uri, timeout_s, bytes_max)
        except (OSError, *_FAILURES) as error:
            raise unreadable() from error

    async def _body(self, uri: str, timeout_s: float, bytes_max: int) -> bytes:
        waits = dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)
        async with self._pool.stream("GET", uri, headers=_HEADERS, extensions={"timeout": waits}) as answer:
            headers = {name.lower(): value for name, value in answer.headers}
            if answer.status != _OK or headers.get(b"content-encoding", b"identity") != b"identity":
                raise unreadable()
            body = bytearray()
            async for chunk in answer.aiter_stream():
                body += chunk
                if len(body) > bytes_max:
                    raise too_large(bytes_max)
            return bytes(body)
