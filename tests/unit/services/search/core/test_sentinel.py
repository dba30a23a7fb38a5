"""The recall sentinel over an index in memory that can be made to forget."""

import asyncio
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from services.search.adapters.in_memory import InMemoryIndex
from services.search.adapters.in_memory_lexical import InMemoryFieldIndex, InMemoryLexicalIndex
from services.search.core import exact
from services.search.core.model import Facts, Row, RowKey
from services.search.core.query import SearchQuery
from services.search.core.sentinel import Outcome, Sentinel, Verdict
from services.search.core.stores import Stores
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import Unavailable
from triptych.vocabulary.vectors import Space, Vector

COSINE, EUCLIDEAN = SimilarityMetric.COSINE, SimilarityMetric.EUCLIDEAN
FUSED = SpaceKind.FUSED
ROWS, DIMENSION = 60, 4


class ForgetfulIndex(InMemoryIndex):
    """Never finds the products in *lost*, though it keeps them."""

    def __init__(self):
        super().__init__()
        self.lost = set()
        self.before_search = []

    async def nearest(self, collection, query, limit, **options):
        for each in self.before_search:
            await each()
        rows = await super().nearest(collection, query, limit + len(self.lost), **options)
        return [each for each in rows if each.row.key.product_id not in self.lost][:limit]


class World:
    """A catalogue, what the sentinel reported of it, and queries for it."""

    def __init__(self, metric):
        self.space = Space("test-1/fused", DIMENSION, metric, unit_length=metric is COSINE)
        self.index = ForgetfulIndex()
        words = InMemoryLexicalIndex()
        self.stores = Stores(self.index, words, InMemoryFieldIndex(words), lambda product: Facts())
        self.told = []

    def sentinel(self, share=1.0, rows_max=1000, rest=0.0):
        return Sentinel(self.stores, lambda *told: self.told.append(told), share=share, rows_max=rows_max, rest=rest)  # fmt: skip

    async def fill(self):
        self.collection = await self.index.create("shop", FUSED, self.space)
        random = np.random.default_rng(3)
        vectors = random.normal(size=(ROWS, DIMENSION)).astype(np.float32)
        if self.space.unit_length:
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        self.vectors = dict(zip((f"p{n:02}" for n in range(ROWS)), vectors, strict=True))
        await self.index.upsert(self.collection, [self.row(each) for each in self.vectors])

    def row(self, product_id, facts=None):
        return Row(RowKey(product_id, 0), b"", self.vectors[product_id], facts or Facts())

    def query(self, product_id="p07", **more):
        vector = Vector(self.vectors[product_id], self.space.id)
        return replace(SearchQuery("shop", FUSED, self.space.metric, 20, vector=vector), **more)

    def ranked(self, product_id="p07"):
        """All products, nearest first."""
        one = self.vectors[product_id]
        if self.space.unit_length:
            return sorted(self.vectors, key=lambda each: -float(self.vectors[each] @ one))
        return sorted(self.vectors, key=lambda each: float(np.linalg.norm(self.vectors[each] - one)))


@pytest.fixture(params=[COSINE, EUCLIDEAN], ids=["cosine", "euclidean"])
async def world(request, monkeypatch):
    monkeypatch.setattr(exact, "KEYS_PER_PAGE", 7)
    monkeypatch.setattr(exact, "VECTORS_PER_PAGE", 3)
    world = World(request.param)
    await world.fill()
    return world


async def test_an_index_that_finds_all_misses_nothing(world):
    """Ten rows were expected, ten were found."""
    await world.sentinel().look(world.query())

    assert [(FUSED, Outcome.COMPARED, Verdict(10, 0))] == world.told


@pytest.mark.parametrize("lost", [1, 3, 10])
async def test_what_the_index_forgot_is_counted(world, lost):
    """Of the ten nearest those that are lost are missed, whatever is lost farther away."""
    world.index.lost = {*world.ranked()[:lost], world.ranked()[30]}

    await world.sentinel().look(world.query())

    assert [(FUSED, Outcome.COMPARED, Verdict(10, lost))] == world.told


async def test_the_pages_together_are_the_exact_answer(world):
    """Whatever the size of pages, the nearest of all are found, in order."""
    walked = await exact.walk(
        world.index, world.collection, world.vectors["p07"], 10, start=None, rows_max=1000, among=None
    )

    assert (world.ranked()[:10], None) == ([key.product_id for key in walked.nearest], walked.last)


async def test_the_filter_of_the_search_holds(world):
    """Only what may be found is expected."""
    few = world.ranked()[20:24]
    await world.index.upsert(world.collection, [world.row(each, Facts(brand="Fjord")) for each in few])
    world.index.lost = {few[1], world.ranked()[2]}

    await world.sentinel().look(world.query(filter='brand = "Fjord"'))

    assert [(FUSED, Outcome.COMPARED, Verdict(4, 1))] == world.told


async def test_what_is_removed_meanwhile_is_not_missed(world):
    """It was read, and gone before the index was asked."""
    nearest = world.ranked()[2]

    async def remove():
        await world.index.delete(world.collection, [RowKey(nearest, 0)])

    world.index.before_search = [remove]
    await world.sentinel().look(world.query())

    assert [(FUSED, Outcome.COMPARED, Verdict(10, 0))] == world.told


async def test_what_is_written_meanwhile_only_pushes_others_out(world):
    """Newer rows stand in the index's answer, and the last of the older ones is not missed."""

    async def write():
        new = [Row(RowKey(f"q{n}", 0), b"", world.vectors["p07"], Facts()) for n in range(3)]
        await world.index.upsert(world.collection, new)

    world.index.before_search = [write]
    await world.sentinel().look(world.query())

    assert [(FUSED, Outcome.COMPARED, Verdict(10, 0))] == world.told


async def test_rows_equally_near_stand_for_one_another(world):
    """Of twenty like rows any ten are right."""
    like = [Row(RowKey(f"q{n:02}", 0), b"", world.vectors["p07"], Facts()) for n in range(20)]
    await world.index.upsert(world.collection, like)
    world.index.lost = {f"q{n:02}" for n in range(9)}

    await world.sentinel().look(world.query())

    assert [(FUSED, Outcome.COMPARED, Verdict(10, 0))] == world.told


@pytest.mark.parametrize("filtered", ["", "popularity >= 0 OR popularity < 0"])
@pytest.mark.parametrize("lost", [0, 2])
async def test_a_large_catalogue_is_looked_at_piece_by_piece(world, filtered, lost):
    """Each time the next rows; in the end each row that is nearer than the last that was found has been expected once."""
    world.index.lost = {*world.ranked()[:lost]}
    sentinel = world.sentinel(rows_max=25)

    for _ in range(-(-ROWS // 25)):
        await sentinel.look(world.query(filter=filtered))

    assert [Outcome.COMPARED] * 3 == [outcome for _, outcome, _ in world.told]
    verdicts = [verdict for *_, verdict in world.told]
    assert (10 + lost, lost) == (sum(v.expected for v in verdicts), sum(v.missed for v in verdicts))
    await sentinel.look(world.query(filter=filtered))
    assert world.told[0] == world.told[3]


async def test_an_empty_catalogue_expects_nothing(world):
    """There is nothing to find, and so nothing to miss."""
    await world.sentinel().look(world.query(filter='brand = "none"'))

    assert [(FUSED, Outcome.COMPARED, Verdict(0, 0))] == world.told


async def test_a_store_that_is_away_ends_nothing(world):
    """The next search is compared again."""
    away = Unavailable.because_of("milvus")

    async def fail():
        world.index.before_search = []
        raise away

    world.index.before_search = [fail]
    sentinel = world.sentinel()
    sentinel.start()
    try:
        sentinel.offer(world.query())
        sentinel.offer(world.query())
        async with asyncio.timeout(5):
            while len(world.told) < 2:
                await asyncio.sleep(0.01)
    finally:
        await sentinel.stop()

    assert [Outcome.FAILED, Outcome.COMPARED] == [outcome for _, outcome, _ in world.told]


async def test_no_more_wait_than_there_is_room_for(world):
    """A search that comes when others wait is counted and let go."""
    sentinel = world.sentinel()

    for _ in range(7):
        sentinel.offer(world.query())

    assert [(FUSED, Outcome.BUSY, Verdict(0, 0))] * 3 == world.told


@pytest.mark.parametrize(
    "query",
    [
        {"vector": None, "order_by": "price"},
        {"texts": (("mug", 1.0),), "lexical_weight": 1.0},
        {"only_ids": ("p01",)},
    ],
    ids=["no vector", "words alone", "named products"],
)
async def test_what_no_index_of_vectors_answered_is_not_compared(world, query):
    """It says nothing of the index."""
    sentinel = world.sentinel()

    for _ in range(20):
        sentinel.offer(world.query(**query))

    assert [] == world.told


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.2, 300, 500), (1.0, 1996, 1996)])
async def test_the_share_is_drawn(world, share, least, most):
    """As many as asked for, about; all but the four that wait are told as busy."""
    sentinel = world.sentinel(share=share)

    for _ in range(2000):
        sentinel.offer(world.query())

    assert least <= Counter(outcome for _, outcome, _ in world.told)[Outcome.BUSY] <= most
