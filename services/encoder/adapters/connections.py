"""Connections to the address that was checked, not to whatever the name means a moment later."""

import asyncio
import socket
from collections.abc import Iterable
from typing import Any

import httpcore2

from services.encoder.adapters.hosts import Lookups, Resolve, first_allowed


class CheckedBackend(httpcore2.AsyncNetworkBackend):
    """Looks a name up, checks all of its addresses, and connects to one of those."""

    def __init__(
        self,
        resolve: Resolve,
        *,
        private_allowed: bool,
        network: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._network = network or httpcore2.AnyIOBackend()
        self._resolve = Lookups(resolve)
        self._private_allowed = private_allowed

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to *host*; certificates are still held against its name.

        Raises:
            OSError: the name means nothing.
            InvalidArgument: URI_NOT_ALLOWED, one of its addresses is not public and must be.
        """
        addresses = await self._addresses(host, port, timeout)
        address = first_allowed(addresses, private_allowed=self._private_allowed)
        return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Sleep between two tries."""
        await self._network.sleep(seconds)

    async def _addresses(self, host: str, port: int, timeout_s: float | None) -> list[str]:
        try:
            async with asyncio.timeout(timeout_s):
                return [*await self._resolve(host, port)]
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout from error
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                raise httpcore2.ConnectError from error
            raise
