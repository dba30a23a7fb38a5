"""Generations: prepared, filled, switched, rolled back and dropped, while products are written, removed and searched."""

import asyncio
import contextlib
import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.search.adapters.in_memory import InMemoryIndex
from services.search.adapters.in_memory_lexical import InMemoryFieldIndex, InMemoryLexicalIndex
from services.search.adapters.products import PackedProducts
from services.search.core.backfilling import Backfilling
from services.search.core.beside import Beside
from services.search.core.keeper import Keeper
from services.search.core.locks import ProductLocks
from services.search.core.model import Facts, ProductRecord, ProductVector, RowKey
from services.search.core.query import SearchQuery
from services.search.core.rows import rows_by_kind
from services.search.core.searcher import Searcher
from services.search.core.stores import Stores
from services.search.core.terms import Terms
from services.search.core.upgrading import Upgrading
from services.search.core.writing import Written
from services.search.translate_facts import facts_of
from tests.memory_shop import packed
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import FailedPrecondition, InvalidArgument, NotFound, Reason, TriptychError
from triptych.vocabulary.vectors import Space, Vector

FUSED, TEXT, IMAGE = SpaceKind.FUSED, SpaceKind.TEXT, SpaceKind.IMAGE
OLD, NEW = "old-1", "new-2"
X = [1.0, 0.0]
IDS = ["a", "b", "c", "d"]


def spaces(pack):
    return {kind: Space(f"{pack}/{kind.name.lower()}", 2) for kind in (FUSED, TEXT, IMAGE)}


def vectors(pack):
    return tuple(
        ProductVector(kind, 0, Vector(np.array(X, np.float32), f"{pack}/{kind.name.lower()}"))
        for kind in (FUSED, TEXT)
    )


def record(product_id, version, pack=OLD):
    product = packed(product_id, title=f"version {version}", version=float(version))
    return ProductRecord(product_id, product, vectors(pack), facts_of(product))


class PausingIndex(InMemoryIndex):
    """Lets others go first before it does anything, as often as it likes."""

    def __init__(self, seed):
        super().__init__()
        self._random = random.Random(seed)

    def __getattribute__(self, name):
        found = super().__getattribute__(name)
        if not asyncio.iscoroutinefunction(found):
            return found

        async def paused(*arguments, **named):
            for _ in range(self._random.randrange(3)):
                await asyncio.sleep(0)
            return await found(*arguments, **named)

        return paused


class Shop:
    """A catalogue in memory with all that works on it."""

    def __init__(self, index=None):
        self.index = index or InMemoryIndex()
        words, locks = InMemoryLexicalIndex(), ProductLocks()
        self.keeper = Keeper(self.index, words, PackedProducts(), locks)
        self.upgrading, self.backfilling = Upgrading(self.index, locks), Backfilling(self.index, locks)
        self.searcher = Searcher(Stores(self.index, words, InMemoryFieldIndex(words), facts_of))

    async def write(self, *records, pack=OLD, beside=""):
        others = Beside(spaces(beside), {each.id: vectors(beside) for each in records}) if beside else None
        sent = [ProductRecord(each.id, each.product, vectors(pack), each.facts) for each in records]
        return await self.keeper.write("shop", spaces(pack), sent, others)

    async def prepare(self, note="note"):
        return await self.upgrading.prepare("shop", spaces(NEW)[FUSED], note)

    async def backfill(self, pack=NEW):
        """Encode all that is missing; return how many were stored."""
        stored, after = 0, ""
        while True:
            page = await self.backfilling.missing("shop", after, 2)
            sent = [
                ProductRecord(row.key.product_id, row.product, vectors(pack), facts_of(row.product))
                for row in page.rows
            ]
            stored += (await self.backfilling.backfill("shop", spaces(pack), sent))[1] if sent else 0
            after = page.last_id
            if not after:
                return stored

    async def prune(self):
        after = ""
        while True:
            _, after = await self.backfilling.prune("shop", after, 2)
            if not after:
                return

    async def versions(self, which="serving"):
        """What a generation has: the products by id."""
        described = await self.upgrading.describe("shop")
        collection = getattr(described, which)
        rows = await self.index.read(collection, [RowKey(each, 0) for each in IDS], with_vectors=False)
        return {row.key.product_id: row.product for row in rows}

    async def found(self, pack, space=FUSED):
        query = SearchQuery(
            "shop", space, SimilarityMetric.COSINE, 10, vector=Vector(np.array(X, np.float32), f"{pack}/text")
        )
        return {hit.id: hit.product for hit in (await self.searcher.search(query)).hits}


@pytest.fixture
def shop():
    return Shop()


async def test_an_upgrade_from_beginning_to_end(shop):
    """Products are filled in, all kinds of vectors switch at once, and the old generation goes."""
    await shop.write(record("a", 1), record("b", 1))
    made = await shop.prepare()
    assert 2 == await shop.backfill()

    await shop.upgrading.switch("shop", made.generation, 0)

    assert {"a", "b"} == set(await shop.found(NEW))
    assert {"a", "b"} == set(await shop.found(NEW, TEXT))
    with pytest.raises(InvalidArgument) as caught:
        await shop.found(OLD)
    assert Reason.SPACE_MISMATCH == caught.value.reason
    await shop.upgrading.drop("shop", OLD)
    described = await shop.upgrading.describe("shop", counted=True)
    assert (NEW, None, (2, 0), "note") == (
        described.serving.space.pack,
        described.other,
        described.counts,
        described.record,
    )
    assert await shop.index.collection("shop", TEXT, generation=OLD) is None


async def test_facts_of_the_catalogue_go_along_and_the_calibration_stays(shop):
    """New products can be filtered by what old ones had; a curve fitted on other vectors would tell nothing."""
    await shop.write(record("a", 1))
    await shop.keeper.set_calibration("shop", "curves")
    made = await shop.prepare()
    await shop.backfill()

    await shop.upgrading.switch("shop", made.generation, 0)

    facts = await shop.keeper.facts("shop")
    assert ({"version": {"number"}}, "") == (facts.attributes, facts.calibration)
    await shop.upgrading.switch("shop", OLD, 0)
    assert "curves" == (await shop.keeper.facts("shop")).calibration


async def test_what_brings_no_vectors_is_encoded_again(shop):
    """A writer that does not know of the upgrade leaves no old version behind."""
    await shop.write(record("a", 1))
    await shop.prepare()
    await shop.backfill()

    await shop.write(record("a", 2))

    assert {} == await shop.versions("other")
    assert 1 == await shop.backfill()
    assert await shop.versions() == await shop.versions("other")


async def test_what_no_vector_depends_on_is_written_to_both(shop):
    """A new price needs no encoder: the vectors of both packs stay, where there are any, and so do their histories."""
    await shop.write(record("a", 1), record("b", 1))
    await shop.prepare()
    await shop.backfill()
    await shop.write(record("b", 1))
    cheaper = [
        ProductRecord(each, packed(each, price=5.0), (), Facts(price=5.0), Terms(("price",), request="r"))
        for each in ("a", "b")
    ]

    await shop.keeper.write("shop", {}, cheaper)

    serving = await shop.versions()
    assert {"a": serving["a"]} == await shop.versions("other")
    assert 5 == facts_of(serving["a"]).price
    assert 1 == await shop.backfill()
    described = await shop.upgrading.describe("shop")
    keys = [RowKey("a", 0), RowKey("b", 0)]
    one, two = [
        {row.key: row.history for row in await shop.index.read(collection, keys, with_vectors=False)}
        for collection in (described.serving, described.other)
    ]
    assert one == two
    assert {("r",)} == {each.requests for each in two.values()}


async def test_a_backfill_overwrites_nothing_newer(shop):
    """What was written or removed after it was listed is passed over."""
    await shop.write(record("a", 1), record("b", 1), record("c", 1))
    await shop.prepare()
    page = await shop.backfilling.missing("shop", "", 10)
    await shop.write(record("a", 2), beside=NEW)
    await shop.keeper.remove("shop", ["b"])

    late = [
        ProductRecord(row.key.product_id, row.product, vectors(NEW), facts_of(row.product))
        for row in page.rows
    ]
    outcomes, stored = await shop.backfilling.backfill("shop", spaces(NEW), late)

    assert ([None] * 3, 1) == (outcomes, stored)
    assert await shop.versions() == await shop.versions("other")


async def test_no_switch_while_products_are_missing(shop):
    """Unless so many are allowed."""
    await shop.write(record("a", 1))
    made = await shop.prepare()

    with pytest.raises(FailedPrecondition) as caught:
        await shop.upgrading.switch("shop", made.generation, 0)

    assert (Reason.UPGRADE_NOT_READY, "1") == (caught.value.reason, caught.value.metadata["missing"])
    await shop.upgrading.switch("shop", made.generation, -1)
    await shop.upgrading.switch("shop", made.generation, 0)
    assert NEW == (await shop.upgrading.describe("shop")).serving.space.pack


async def test_what_serves_is_not_dropped_and_no_third_pack_is_prepared(shop):
    """One other generation at most; the one that serves stays."""
    await shop.write(record("a", 1))
    with pytest.raises(FailedPrecondition) as needless:
        await shop.upgrading.prepare("shop", spaces(OLD)[FUSED], "")
    made = await shop.prepare()
    assert made == await shop.prepare()
    with pytest.raises(FailedPrecondition) as second:
        await shop.upgrading.prepare("shop", Space("third-3/fused", 2), "")
    with pytest.raises(FailedPrecondition) as served:
        await shop.upgrading.drop("shop", OLD)

    assert [Reason.UPGRADE_NOT_NEEDED, Reason.UPGRADE_RUNNING, Reason.UPGRADE_RUNNING] == [
        each.value.reason for each in (needless, second, served)
    ]


@pytest.mark.parametrize("ask", ["missing", "prune"])
async def test_without_an_upgrade_there_is_nothing_beside(shop, ask):
    """Whoever works on an upgrade that was ended is told."""
    await shop.write(record("a", 1))

    with pytest.raises(NotFound) as caught:
        await getattr(shop.backfilling, ask)("shop", "", 10)

    assert Reason.UPGRADE_NOT_FOUND == caught.value.reason


async def test_the_note_outlives_the_upgrade(shop):
    """It stands with the pack that the upgrade leads to, and stays when that is dropped; the next upgrade has its own."""
    await shop.write(record("a", 1))
    made = await shop.prepare("one")
    await shop.upgrading.note("shop", "two")
    assert {"shop": "two"} == await shop.upgrading.noted()

    await shop.upgrading.drop("shop", made.generation)

    assert {"shop": "two"} == await shop.upgrading.noted()
    await shop.prepare("three")
    assert {"shop": "three"} == await shop.upgrading.noted()


def test_one_worker_at_a_time():
    """Another one may when the first has not come back in time."""
    now = [0.0]
    upgrading = Upgrading(InMemoryIndex(), ProductLocks(), lambda: now[0])

    assert upgrading.hold("shop", "one", 10)
    assert not upgrading.hold("shop", "two", 10)
    assert upgrading.hold("shop", "one", 10)
    now[0] = 11
    assert upgrading.hold("shop", "two", 10)


async def test_what_does_not_exist_is_pruned(shop):
    """A write that broke off before it was acknowledged leaves nothing that could turn up after a switch."""
    await shop.write(record("a", 1))
    await shop.prepare()
    other = (await shop.upgrading.describe("shop")).other

    await shop.index.upsert(other, rows_by_kind([record("b", 1, NEW)])[FUSED])

    await shop.prune()

    assert {} == await shop.versions("other")


class Worker:
    """Does one thing after the other with a shop, as a gateway would; knows what was acknowledged."""

    def __init__(self, shop, generations):
        self.shop, self.generations, self.stored = shop, generations, {}

    async def work(self, tasks):
        for number, action, product_id in tasks:
            await getattr(self, action)(number, product_id)

    async def write(self, number, product_id, *, beside=True):
        # A gateway that learns of a switch late tries again with the other pack.
        for own, other in itertools.cycle([(OLD, NEW), (NEW, OLD)]):
            with refused(Reason.SPACE_MISMATCH):
                sent = record(product_id, number)
                (outcome,) = await self.shop.write(sent, pack=own, beside=other if beside else "")
                assert isinstance(outcome, Written)
                self.stored[product_id] = number
                return

    async def write_alone(self, number, product_id):
        await self.write(number, product_id, beside=False)

    async def remove(self, _, product_id):
        await self.shop.keeper.remove("shop", [product_id])
        self.stored[product_id] = None

    async def backfill(self, *_):
        serving = (await self.shop.upgrading.describe("shop")).serving.space.pack
        with refused(Reason.SPACE_MISMATCH):
            await self.shop.backfill(NEW if serving == OLD else OLD)

    async def prune(self, *_):
        await self.shop.prune()

    async def switch(self, *_, to=NEW):
        with refused(Reason.UPGRADE_NOT_READY):
            await self.shop.upgrading.switch("shop", self.generations[to], 0)

    async def roll_back(self, *_):
        await self.switch(to=OLD)

    async def search(self, *_, pack=OLD):
        with refused(Reason.SPACE_MISMATCH):
            await self.shop.found(pack)

    async def search_new(self, *_):
        await self.search(pack=NEW)


@contextlib.contextmanager
def refused(reason):
    """It may be refused, for this reason alone."""
    try:
        yield
    except TriptychError as error:
        if error.reason is not reason:
            raise


WRITES = ["write", "write_alone", "remove"]
OTHERS = ["backfill", "prune", "switch", "roll_back", "search", "search_new"]
# A worker each: what is written to a product is written by one alone, so that it is known what was acknowledged last.
shares = st.tuples(
    st.lists(st.tuples(st.sampled_from(WRITES), st.sampled_from(IDS[::2])), max_size=8),
    st.lists(st.tuples(st.sampled_from(WRITES), st.sampled_from(IDS[1::2])), max_size=8),
    st.lists(st.tuples(st.sampled_from(OTHERS), st.none()), max_size=8),
    st.lists(st.tuples(st.sampled_from(OTHERS), st.none()), max_size=8),
)


@settings(max_examples=60, deadline=None)
@given(shares, st.integers(0, 2**32))
def test_nothing_is_lost_or_mixed_whatever_happens_at_once(shares, seed):
    """Writers, readers and conductors work at the same time; what was acknowledged last is found, by one pack."""
    asyncio.run(happens_at_once(shares, Shop(PausingIndex(seed))))


async def happens_at_once(shares, shop):
    await shop.write(record("a", 0), record("b", 0))
    generations = {OLD: OLD, NEW: (await shop.prepare()).generation}
    numbers = itertools.count(1)
    workers = [Worker(shop, generations) for _ in shares]

    await asyncio.gather(
        *(
            worker.work([(next(numbers), *task) for task in share])
            for worker, share in zip(workers, shares, strict=True)
        )
    )

    stored = {"a": 0, "b": 0}
    for worker in workers:
        stored |= worker.stored
    expected = {each: record(each, number).product for each, number in stored.items() if number is not None}
    assert expected == await shop.versions()
    # Of every product the same version, or none.
    assert (await shop.versions("other")).items() <= expected.items()
    described = await shop.upgrading.describe("shop")
    assert expected == await shop.found(described.serving.space.pack)
    # When the rest is filled in, a switch loses nothing.
    await shop.backfill(described.other.space.pack)
    await shop.upgrading.switch("shop", described.other.generation, 0)
    assert expected == await shop.found(described.other.space.pack)
    assert expected == await shop.found(described.other.space.pack, TEXT)
