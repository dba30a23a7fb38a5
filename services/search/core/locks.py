"""Locks by name."""

import asyncio
from collections.abc import AsyncIterator, Hashable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from weakref import WeakValueDictionary


class KeyedLocks:
    """One lock per key, kept only while somebody holds or awaits it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def holding(self, keys: Iterable[Any]) -> AsyncIterator[None]:
        """Hold the locks of all *keys*, which can be compared with one another."""
        async with AsyncExitStack() as stack:
            # One order for everybody: two holders can never wait for one another.
            for key in sorted(set(keys)):
                lock = self._locks.setdefault(key, asyncio.Lock())
                await stack.enter_async_context(lock)
            yield
