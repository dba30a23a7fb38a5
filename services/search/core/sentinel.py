"""The recall sentinel: some of the searches that customers make are made again, exactly, and compared with the index.

An approximate index forgets quietly: built badly, searched in too much of a hurry or damaged, it still answers, quickly and
with other products. Off the path of the searches, one at a time, it is looked at how many of the ten nearest rows the
index finds for the very queries that it is asked.
"""

import asyncio
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.search.core.exact import walk
from services.search.core.model import Collection, Neighbour, RowKey
from services.search.core.query import SearchQuery
from services.search.core.scope import scope_of
from services.search.core.similarity import goodness, indexed_metric
from services.search.core.stores import Stores
from triptych.vocabulary.choices import Consistency, SpaceKind

# Recall of the first ten, as it is usually given.
LIMIT = 10
# Searches that wait to be compared; one more is not.
WAITING_MAX = 4
# After each comparison it rests so many times as long as that took: at most one fiftieth of the time is spent.
REST = 49.0
# Two ways to compute a cosine differ by this much; rows that are equally near can stand for one another.
ROUNDING = 1e-5


class Outcome(StrEnum):
    """What became of a search that was drawn."""

    COMPARED = "COMPARED"
    BUSY = "BUSY"
    """Others were waiting."""
    FAILED = "FAILED"
    """The store was away, or the catalogue went while it was looked at."""


@dataclass(frozen=True)
class Verdict:
    """What a comparison gave: *missed* of the *expected* rows, which are the nearest, were not found."""

    expected: int
    missed: int


Report = Callable[[SpaceKind, Outcome, Verdict], None]
NOTHING = Verdict(0, 0)


class Sentinel:
    """Compares a share of the searches in *stores* with exact ones.

    Args:
        stores: what is searched.
        report: is told of each search that was drawn.
        share: of the searches with a vector, 0 to 1; 0: none.
        rows_max: how many rows are looked at for one comparison. Of a larger collection it is the next ones each time, so
            that in the end each row has been looked at as often.
        rest: how many times as long as a comparison took it rests.
    """

    def __init__(
        self, stores: Stores, report: Report, *, share: float, rows_max: int, rest: float = REST
    ) -> None:
        self._stores = stores
        self._report = report
        self._share, self._rows_max, self._rest = share, rows_max, rest
        self._starts: dict[str, RowKey] = {}
        self._waiting: asyncio.Queue[SearchQuery] = asyncio.Queue(WAITING_MAX)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; to be called inside the running event loop."""
        if self._share:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End, in the middle of a comparison if need be."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def offer(self, query: SearchQuery) -> None:
        """Draw whether *query*, which was answered, is compared; never waits."""
        if query.vector is None or query.words_weight == 1 or query.only_ids:
            return
        if random.random() >= self._share:  # noqa: S311 - a sample, no secret
            return
        if self._waiting.full():
            self._report(query.space, Outcome.BUSY, NOTHING)
        else:
            self._waiting.put_nowait(query)

    async def _run(self) -> None:
        while True:
            query = await self._waiting.get()
            started = time.monotonic()
            await self.look(query)
            await asyncio.sleep((time.monotonic() - started) * self._rest)

    async def look(self, query: SearchQuery) -> None:
        """Compare *query* and report."""
        try:
            verdict = await self._compared(query)
        except Exception:  # noqa: BLE001 - whatever it was, the next search may go well; who watches sees the share
            self._report(query.space, Outcome.FAILED, NOTHING)
        else:
            self._report(query.space, Outcome.COMPARED, verdict)

    async def _compared(self, query: SearchQuery) -> Verdict:
        """Return the verdict on what the index finds for *query*.

        The index is asked after the rows were read, for all that was written: a row that was read and is still there must
        be found by now, and rows written since may only push others out.
        """
        scope = await scope_of(self._stores, query, fresh=True)
        collection, among = scope.collection, scope.among_vectors
        if query.vector is None or not collection.name:
            return NOTHING
        values, index = query.vector.values, self._stores.vectors
        start = self._starts.pop(collection.name, None)
        walked = await walk(
            index, collection, values, LIMIT, start=start, rows_max=self._rows_max, among=among
        )
        if walked.last is not None:
            self._starts[collection.name] = walked.last
        judge = index.seeing(Consistency.STRONG)
        found = await judge.nearest(
            collection, values, LIMIT, with_vectors=False, among=among, with_products=False
        )
        # Those that were removed or changed meanwhile are not missing.
        missing = missing_of(walked.nearest, found, collection)
        missing = missing_of(await judge.compare(collection, values, list(missing)), found, collection)
        if start is None and walked.last is None:
            return Verdict(len(walked.nearest), len(missing))
        # Of some of the rows it is known only which are nearer than the last that was found.
        return Verdict(len(walked.nearest.keys() & keys_of(found)) + len(missing), len(missing))


def keys_of(found: Sequence[Neighbour]) -> set[RowKey]:
    """Return the keys of *found*."""
    return {each.row.key for each in found}


def missing_of(
    exact: Mapping[RowKey, float], found: Sequence[Neighbour], collection: Collection
) -> dict[RowKey, float]:
    """Return those of *exact* that should be among *found* and are not: nearer than the last of these, or there is room."""
    metric, keys = indexed_metric(collection.space), keys_of(found)
    last = goodness(found[-1].similarity, metric) + ROUNDING if len(found) >= LIMIT else -math.inf
    return {key: near for key, near in exact.items() if key not in keys and goodness(near, metric) > last}
