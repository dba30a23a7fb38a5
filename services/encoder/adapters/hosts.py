"""Which network addresses may be connected to on behalf of a client."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from services.encoder.adapters.uris import not_allowed

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

# Reached through translators and tunnels, these mean an IPv4 address that the check below would not see.
_DISGUISED = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of *host*.

    Raises:
        OSError: it has none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Lookups:
    """Looks up one name once at a time: names whose servers are silent must not take all threads that look up."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._running: dict[tuple[str, int], asyncio.Task[Sequence[str]]] = {}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of *host*.

        Raises:
            OSError: it has none.
        """
        key = host, port
        if key not in self._running:
            self._running[key] = task = asyncio.create_task(self._looked_up(host, port))
            task.add_done_callback(lambda _: self._running.pop(key))
        # Who no longer waits must not end the search for the others.
        return await asyncio.shield(self._running[key])

    async def _looked_up(self, host: str, port: int) -> Sequence[str]:
        return await self._resolve(host, port)


def first_allowed(addresses: Sequence[str], *, private_allowed: bool) -> str:
    """Return the first of *addresses*.

    Raises:
        InvalidArgument: URI_NOT_ALLOWED, when there is none or any of them is not public and must be.
    """
    public = (is_public(ip_address(address.partition("%")[0])) for address in addresses)
    if not addresses or not (private_allowed or all(public)):
        raise not_allowed()
    return addresses[0]


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether *address* is of the open internet: not loopback, private, link-local, multicast or reserved."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if any(address in network for network in _DISGUISED):
            return False
    return address.is_global and not address.is_multicast
