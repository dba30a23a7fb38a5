"""Finding: rounds, views, and catalogues that change under the searcher."""

import numpy as np
import pytest

from services.search.adapters.in_memory import InMemoryIndex
from services.search.core.model import Neighbour, Row, RowKey
from services.search.core.searcher import Searcher, best_views
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.vectors import Space, Vector

IMAGE, FUSED = SpaceKind.IMAGE, SpaceKind.FUSED
SPACE = Space("p-1/image", 2)
QUERY = Vector(np.array([1.0, 0.0], np.float32), "p-1/text")


class RecordingIndex(InMemoryIndex):
    """Notes how many rows each search asked for."""

    def __init__(self):
        super().__init__()
        self.asked = []

    async def nearest(self, collection, query, limit, *, with_vectors):
        self.asked.append(limit)
        return await super().nearest(collection, query, limit, with_vectors=with_vectors)


class ForgetfulIndex(RecordingIndex):
    """Remembers a collection that serves no longer, until it is asked for a fresh answer."""

    def __init__(self, stale):
        super().__init__()
        self._stale = stale

    async def collection(self, catalog, kind, *, fresh=False):
        return await super().collection(catalog, kind) if fresh else self._stale


async def fill(index, views_by_id, kind=IMAGE, space=SPACE):
    collection = await index.create("shop", kind, space)
    rows = [
        Row(RowKey(product_id, view), b"", np.array([1.0, nearness], np.float32))
        for product_id, views in views_by_id.items()
        for view, nearness in enumerate(views)
    ]
    await index.upsert(collection, rows)
    return collection


async def search(index, limit, kind=IMAGE):
    return await Searcher(index).search("shop", kind, QUERY, SimilarityMetric.COSINE, limit)


async def test_asks_for_more_until_there_are_enough_products():
    """Views that crowd out other products cost further rounds, each twice as large."""
    index = RecordingIndex()
    await fill(index, {"crowd": [0.0] * 16, "other": [1.0]})

    found = await search(index, 2)

    assert ["crowd", "other"] == [hit.id for hit in found.hits]
    assert [4, 8, 16, 32] == index.asked
    assert 4 == found.rounds


async def test_stops_when_the_index_has_no_more():
    """Fewer rows than asked for are all there are."""
    index = RecordingIndex()
    await fill(index, {"a": [0.0, 0.1], "b": [0.2]})

    found = await search(index, 5)

    assert ["a", "b"] == [hit.id for hit in found.hits]
    assert [10] == index.asked


async def test_never_asks_for_more_than_the_index_gives():
    """The index's own bound ends the rounds."""
    index = RecordingIndex()
    index.rows_max = 6
    await fill(index, {"crowd": [0.0] * 16, "other": [1.0]})

    found = await search(index, 2)

    assert ["crowd"] == [hit.id for hit in found.hits]
    assert [4, 6] == index.asked


async def test_one_vector_per_product_needs_no_surplus():
    """Where products have one row each, no more rows are asked for than products."""
    index = RecordingIndex()
    await fill(index, {"a": [0.0], "b": [0.1]}, kind=FUSED)

    await search(index, 1, kind=FUSED)

    assert [1] == index.asked


def test_the_best_view_is_the_first():
    """The nearest row of each product stays; of equals, the lower view."""
    rows = [Row(RowKey(*key), b"", None) for key in (("a", 3), ("b", 1), ("a", 0), ("b", 0))]
    neighbours = [Neighbour(row, each) for row, each in zip(rows, (0.9, 0.8, 0.7, 0.8), strict=True)]

    best = best_views(neighbours)

    assert [RowKey("a", 3), RowKey("b", 0)] == [each.row.key for each in best]


async def test_follows_a_catalogue_that_was_switched():
    """A query that fits the new model's collection is not refused for the memory of the old one."""
    old = await fill(InMemoryIndex(), {"a": [0.0]}, space=Space("p-0/image", 2))
    index = ForgetfulIndex(old)
    await fill(index, {"a": [0.0]})

    assert ["a"] == [hit.id for hit in (await search(index, 1)).hits]


async def test_another_pack_is_refused_and_named():
    """Vectors of two packs are never compared, whatever their dimension."""
    index = InMemoryIndex()
    await fill(index, {"a": [0.0]}, space=Space("p-2/image", 2))

    with pytest.raises(InvalidArgument) as caught:
        await search(index, 1)

    assert (Reason.SPACE_MISMATCH, "query.space") == (caught.value.reason, caught.value.field)


async def test_another_dimension_is_refused():
    """A vector of the right pack and the wrong dimension is refused with both numbers."""
    index = InMemoryIndex()
    await fill(index, {}, space=Space("p-1/image", 3))

    with pytest.raises(InvalidArgument) as caught:
        await search(index, 1)

    assert Reason.DIMENSION_MISMATCH == caught.value.reason
    assert {"dimension": "2", "expected": "3"} == caught.value.metadata
