"""Locks by name, and those of products."""

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


class ProductLocks(KeyedLocks):
    """Locks of products, by (catalogue, product id), and of whole catalogues."""

    def __init__(self) -> None:
        super().__init__()
        self._gates: WeakValueDictionary[str, _Gate] = WeakValueDictionary()

    @asynccontextmanager
    async def holding(self, keys: Iterable[Any]) -> AsyncIterator[None]:
        """Hold the locks of all products *keys*."""
        keys = sorted(set(keys))
        async with AsyncExitStack() as stack:
            for catalog in sorted({catalog for catalog, _ in keys}):
                await stack.enter_async_context(self._gate(catalog).open())
            await stack.enter_async_context(super().holding(keys))
            yield

    @asynccontextmanager
    async def holding_all(self, catalog: str) -> AsyncIterator[None]:
        """Hold the locks of all products that the *catalog* has or may have."""
        async with self._gate(catalog).shut():
            yield

    def _gate(self, catalog: str) -> "_Gate":
        return self._gates.setdefault(catalog, _Gate())


class _Gate:
    """Many are inside at the same time, or one alone; who waits to be alone goes before those who come later."""

    def __init__(self) -> None:
        self._alone = asyncio.Lock()
        self._inside = 0
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async with self._alone:
            self._inside += 1
            self._is_empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._is_empty.set()

    @asynccontextmanager
    async def shut(self) -> AsyncIterator[None]:
        async with self._alone:
            await self._is_empty.wait()
            yield
