"""Counting the vectors of every catalogue, now and then, for whoever watches."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping

from services.search.core.ports.vectors import VectorIndex
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import TriptychError

# Told of all catalogues at once: how many there are, and the vectors of the counted ones by name and kind.
Report = Callable[[int, Mapping[tuple[str, SpaceKind], int]], None]


class Census:
    """Counts what is in *index*, one collection after the other, so that searches hardly notice.

    Args:
        index: holds the vectors.
        report: is told of what was counted.
        interval_s: pause between two counts; 0 counts never.
        catalogs_max: of more catalogues the first by name are counted.
    """

    def __init__(
        self, index: VectorIndex, report: Report, interval_s: float, catalogs_max: int = 100
    ) -> None:
        self._index, self._report = index, report
        self._interval_s, self._catalogs_max = interval_s, catalogs_max
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; to be called inside the running event loop."""
        if self._interval_s:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End, in the middle of a count if need be."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def once(self) -> None:
        """Count.

        Raises:
            TriptychError: of the index; nothing is reported then.
        """
        collections = await self._index.catalogs()
        names = sorted({each.catalog for each in collections})
        counted = set(names[: self._catalogs_max])
        numbers = {
            (each.catalog, each.kind): await self._index.count(each)
            for each in collections
            if each.catalog in counted
        }
        self._report(len(names), numbers)

    async def _run(self) -> None:
        while True:
            # The store may be away, or a catalogue be dropped in the middle; the next count is soon enough.
            with contextlib.suppress(TriptychError):
                await self.once()
            await asyncio.sleep(self._interval_s)
