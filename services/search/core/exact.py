"""The nearest rows, found by looking at all of them: slow, and never wrong."""

import asyncio
import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from services.search.core.filters.model import Filter
from services.search.core.model import Collection, RowKey
from services.search.core.ports.vectors import VectorIndex
from services.search.core.similarity import goodness, indexed_metric
from triptych.vocabulary.vectors import Floats

# Keys are small. Of vectors so few at once are looked at that a search which comes in between waits for milliseconds.
KEYS_PER_PAGE = 4_000
VECTORS_PER_PAGE = 500


@dataclass(frozen=True, eq=False)
class Walked:
    """What was found on the way through some rows.

    Args:
        nearest: how near the nearest of them are, by the collection's `indexed_metric`, nearest first.
        last: where the way ended; None: at the end of all.
    """

    nearest: Mapping[RowKey, float]
    last: RowKey | None


async def walk(
    index: VectorIndex,
    collection: Collection,
    query: Floats,
    limit: int,
    *,
    start: RowKey | None,
    rows_max: int,
    among: Filter | None,
) -> Walked:
    """Return the *limit* rows nearest to *query* of those after *start* that pass *among*, of *rows_max* at most.

    Args:
        index: where they are. Read page by page, so rows written meanwhile may be there or not.
        collection: where to look.
        query: shape (dimension,), float32.
        limit: how many rows.
        start: None: the first.
        rows_max: how many rows are looked at.
        among: as of `VectorIndex.nearest`.
    """
    best: dict[RowKey, float] = {}
    last, left = start, rows_max
    while left:
        wanted = min(KEYS_PER_PAGE, left)
        keys = await index.keys_after(collection, last, wanted, among=among)
        for at in range(0, len(keys), VECTORS_PER_PAGE):
            near = await index.compare(collection, query, keys[at : at + VECTORS_PER_PAGE])
            best = nearest_of({**best, **near}, limit, collection)
            # Where the index never waits, others are to come in between all the same.
            await asyncio.sleep(0)
        if len(keys) < wanted:
            return Walked(best, None)
        last, left = keys[-1], left - len(keys)
    return Walked(best, last)


def nearest_of(near: Mapping[RowKey, float], limit: int, collection: Collection) -> dict[RowKey, float]:
    """Return the *limit* best of *near*, best first; of equals the first by key."""
    metric = indexed_metric(collection.space)
    best = heapq.nsmallest(limit, near.items(), key=lambda each: (-goodness(each[1], metric), each[0]))
    return dict(best)
