"""Items that wait to be written, and the batches that they are written in."""

import asyncio
from collections import deque
from collections.abc import Sequence

from gateway.core.ingest.model import Item


class Waiting:
    """Hands out batches of items of distinct ids, none of which is being written already.

    Items of one id come out in the order in which they went in, one batch after the other.

    Args:
        items_max: in a batch.
        bytes_max: in a batch; a larger item makes one of its own.
        linger_s: how long a batch that is not full waits for more.
    """

    def __init__(self, items_max: int, bytes_max: int, linger_s: float) -> None:
        self._items_max, self._bytes_max, self._linger_s = items_max, bytes_max, linger_s
        self._ready: deque[Item] = deque()
        self._ready_bytes = 0
        # By the ids that are ready or being written: what came after.
        self._behind: dict[str, deque[Item]] = {}
        self._closed = False
        self._changed = asyncio.Condition()
        # One batch is put together at a time: two that linger would share what comes.
        self._turn = asyncio.Lock()

    async def put(self, item: Item) -> None:
        """Let *item* wait."""
        async with self._changed:
            if item.id in self._behind:
                self._behind[item.id].append(item)
                return
            self._behind[item.id] = deque()
            self._get_ready(item)
            self._changed.notify_all()

    async def close(self) -> None:
        """Say that nothing more comes."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def next(self) -> list[Item]:
        """Return the next batch; an empty one when nothing more comes. The caller hands it to `done` afterwards."""
        async with self._turn, self._changed:
            await self._changed.wait_for(lambda: self._ready or self._is_over())
            if self._ready:
                await self._linger()
            return self._batch()

    async def done(self, batch: Sequence[Item]) -> None:
        """Say that *batch* is written, so that what waits behind its ids can be."""
        async with self._changed:
            for item in batch:
                behind = self._behind[item.id]
                if behind:
                    self._get_ready(behind.popleft())
                else:
                    del self._behind[item.id]
            self._changed.notify_all()

    def _get_ready(self, item: Item) -> None:
        self._ready.append(item)
        self._ready_bytes += item.size_bytes

    def _is_full(self) -> bool:
        return len(self._ready) >= self._items_max or self._ready_bytes >= self._bytes_max

    def _is_over(self) -> bool:
        return self._closed and not self._behind

    async def _linger(self) -> None:
        try:
            async with asyncio.timeout(self._linger_s):
                await self._changed.wait_for(lambda: self._is_full() or self._closed)
        except TimeoutError:
            pass  # what there is, then

    def _batch(self) -> list[Item]:
        batch: list[Item] = []
        size_bytes = 0
        while self._ready and len(batch) < self._items_max:
            if batch and size_bytes + self._ready[0].size_bytes > self._bytes_max:
                break
            item = self._ready.popleft()
            size_bytes += item.size_bytes
            batch.append(item)
        self._ready_bytes -= size_bytes
        return batch
