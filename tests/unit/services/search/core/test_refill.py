"""Filling the lexical index from the record."""

import numpy as np
import pytest

from services.search.adapters.in_memory import InMemoryIndex
from services.search.adapters.in_memory_lexical import InMemoryLexicalIndex
from services.search.adapters.products import PackedProducts
from services.search.core import refill
from services.search.core.keeper import Keeper
from services.search.core.locks import KeyedLocks
from services.search.core.model import Facts, ProductRecord, ProductVector
from services.search.core.refill import Refill
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import Unavailable
from triptych.vocabulary.vectors import Space, Vector

SPACES = {SpaceKind.FUSED: Space("p-1/fused", 2)}


def titled(product_id, title):
    vector = ProductVector(SpaceKind.FUSED, 0, Vector(np.array([1, 0], np.float32), "p-1/fused"))
    return ProductRecord(product_id, title.encode(), (vector,), Facts(title=title))


def facts_of(product):
    return Facts(title=product.decode())


async def found(lexical, catalog="shop"):
    return sorted(each for each, _ in await lexical.match(catalog, "hat coat", 1000))


class Busy(InMemoryIndex):
    """Calls *meanwhile* after each page of keys."""

    meanwhile = None

    async def keys_after(self, collection, key, limit):
        keys = await super().keys_after(collection, key, limit)
        if keys and self.meanwhile:
            await self.meanwhile()
        return keys


@pytest.fixture
async def index():
    index = Busy()
    keeper = Keeper(index, InMemoryLexicalIndex(), PackedProducts())
    for start in range(0, 250, 50):
        await keeper.write("shop", SPACES, [titled(f"p{n}", "hat") for n in range(start, start + 50)])
    await keeper.write("other", SPACES, [titled("x", "hat")])
    return index


async def test_what_is_missing_is_filled(index):
    """Every product of every catalogue is there afterwards, and progress was told by pages."""
    lexical, told = InMemoryLexicalIndex(), []
    await Refill(index, lexical, KeyedLocks(), facts_of, lambda *each: told.append(each)).run()
    assert sorted(f"p{n}" for n in range(250)) == await found(lexical)
    assert ["x"] == await found(lexical, "other")
    assert {"shop", "other"} == await lexical.complete_catalogs()
    assert [("other", 1), ("shop", 200), ("shop", 250)] == told


async def test_what_is_complete_is_left_alone(index):
    """A catalogue that is complete is not read again."""
    lexical = InMemoryLexicalIndex()
    await lexical.complete("shop")
    await lexical.complete("other")
    await Refill(index, lexical, KeyedLocks(), facts_of).run()
    assert [] == await found(lexical)


async def test_what_the_record_lost_is_forgotten(index):
    """A catalogue that Milvus no longer has leaves no words behind."""
    lexical = InMemoryLexicalIndex()
    await Keeper(InMemoryIndex(), lexical, PackedProducts()).write("gone", SPACES, [titled("a", "hat")])
    await Refill(index, lexical, KeyedLocks(), facts_of).run()
    assert [] == await found(lexical, "gone")
    assert {"shop", "other"} == await lexical.complete_catalogs()


async def test_what_broke_off_is_done_the_next_time(index):
    """A catalogue that was filled in part is not called complete, and is filled by the next run."""
    lexical = InMemoryLexicalIndex()

    async def breaks():
        if len(await found(lexical)) >= refill.PAGE_PRODUCTS:
            raise Unavailable.because_of("milvus")

    index.meanwhile = breaks
    with pytest.raises(Unavailable):
        await Refill(index, lexical, KeyedLocks(), facts_of).run()
    assert {"other"} == await lexical.complete_catalogs()
    index.meanwhile = None
    await Refill(index, lexical, KeyedLocks(), facts_of).run()
    assert 250 == len(await found(lexical))
    assert {"shop", "other"} == await lexical.complete_catalogs()


async def test_what_is_written_and_removed_meanwhile_stays_so(index):
    """A product that is written or removed between listing and copying is afterwards as its writer left it."""
    lexical, locks = InMemoryLexicalIndex(), KeyedLocks()
    keeper = Keeper(index, lexical, PackedProducts(), locks)

    async def changes():
        await keeper.write("shop", SPACES, [titled("p1", "coat"), titled("new", "coat")])
        await keeper.remove("shop", ["p2"])

    index.meanwhile = changes
    await Refill(index, lexical, locks, facts_of).run()
    assert ["new", "p1"] == sorted(each for each, _ in await lexical.match("shop", "coat", 10))
    assert "p2" not in await found(lexical)
    assert 250 == len(await found(lexical))
