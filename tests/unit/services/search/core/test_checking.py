"""Checking and mending what stands beside the records."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from services.search.adapters.products import PackedProducts
from services.search.core.checking import PHASES, Checker, Cursor, Inconsistency, Kind
from services.search.core.keeper import Keeper
from services.search.core.locks import KeyedLocks
from services.search.core.model import ProductRecord, ProductVector, Row, RowKey
from services.search.core.writing import Written
from services.search.translate_catalogs import views_of
from services.search.translate_facts import facts_of
from tests.memory_shop import MemoryShop
from triptych.v1.types_pb2 import Media, Product
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import InvalidArgument, NotFound, Reason
from triptych.vocabulary.vectors import Vector

FUSED, TEXT, IMAGE, AUDIO = SpaceKind
CATALOG = "shop"


class Shop(MemoryShop):
    """Products that were written as they should be, and ways to break them."""

    def __init__(self):
        super().__init__()
        self.locks = KeyedLocks()
        self.keeper = Keeper(self.index, self.words, PackedProducts(), self.locks)
        self.checker = Checker(self.stores, self.locks, views_of)

    async def keep(self, product_id, pictures=1, title="hat"):
        packed = Product(id=product_id, title=title, images=[Media(uri="file:///x.jpg")] * pictures)
        views = {FUSED: 1, TEXT: 1, IMAGE: pictures}
        vectors = tuple(
            ProductVector(kind, view, Vector(self.values(1.0, view), self.space(kind).id))
            for kind, count in views.items()
            for view in range(count)
        )
        data = packed.SerializeToString()
        spaces = {kind: self.space(kind) for kind in SpaceKind}
        record = ProductRecord(product_id, data, vectors, facts_of(data))
        (outcome,) = await self.keeper.write(CATALOG, spaces, [record])
        assert isinstance(outcome, Written)

    @staticmethod
    def values(*numbers):
        return np.array(numbers, np.float32)

    async def add_row(self, kind, product_id, view=0, product=b""):
        collection = await self.index.collection(CATALOG, kind)
        await self.index.upsert(collection, [Row(RowKey(product_id, view), product, self.values(1, 0))])

    async def remove_row(self, kind, product_id, view=0):
        await self.index.delete(await self.index.collection(CATALOG, kind), [RowKey(product_id, view)])

    async def check(self, limit=2, *, repair=False):
        """Walk through all pages; return what was found, and how many rows were looked at."""
        found, checked, cursor = [], dict.fromkeys(PHASES, 0), Cursor()
        while cursor is not None:
            page = await self.checker.page(CATALOG, cursor, limit, repair=repair)
            found += page.found
            checked[page.phase] += page.rows
            cursor = page.next and Cursor.unpack(page.next.pack())
        return found, checked


@pytest.fixture
async def shop():
    shop = Shop()
    for name in ("a", "b", "c", "d", "e"):
        await shop.keep(name, pictures=2)
    return shop


async def test_what_is_whole_is_left_alone(shop):
    """Every row is looked at once, and nothing is found."""
    assert ([], {"records": 5, "text": 5, "image": 10, "audio": 0, "words": 5}) == await shop.check()


async def break_words(shop):
    await shop.words.remove(CATALOG, ["a"])


async def change_words(shop):
    await shop.words.write(CATALOG, {"b": facts_of(Product(id="b", title="coat").SerializeToString())})


async def leave_words(shop):
    await shop.words.write(CATALOG, {"gone": facts_of(Product(id="gone", title="coat").SerializeToString())})


async def leave_vector(shop):
    await shop.add_row(IMAGE, "gone", 3)


async def change_vector(shop):
    await shop.add_row(TEXT, "c", 0, b"an older product")


async def add_vector(shop):
    await shop.add_row(IMAGE, "d", 2)


BROKEN = {
    break_words: Inconsistency(Kind.WORDS_DIFFER, "a"),
    change_words: Inconsistency(Kind.WORDS_DIFFER, "b"),
    leave_words: Inconsistency(Kind.WORDS_WITHOUT_PRODUCT, "gone"),
    leave_vector: Inconsistency(Kind.VECTOR_WITHOUT_PRODUCT, "gone", IMAGE, 3),
    change_vector: Inconsistency(Kind.VECTOR_DIFFERS, "c", TEXT),
    add_vector: Inconsistency(Kind.VECTOR_TOO_MANY, "d", IMAGE, 2),
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each.__name__)
async def test_what_is_broken_is_told_and_mended_when_asked(shop, broken):
    """A check tells it and changes nothing; a repair mends it, so that the next check finds nothing."""
    await broken(shop)

    for _ in range(2):
        assert [BROKEN[broken]] == (await shop.check())[0]
    assert [replace(BROKEN[broken], repaired=True)] == (await shop.check(repair=True))[0]
    assert [] == (await shop.check())[0]


async def test_a_vector_that_is_missing_is_told(shop):
    """No repair makes it: the product has to be stored again."""
    await shop.remove_row(IMAGE, "e", 1)
    expected = [Inconsistency(Kind.VECTOR_MISSING, "e", IMAGE, 1)]

    assert expected == (await shop.check(repair=True))[0]
    assert expected == (await shop.check())[0]


async def test_a_check_waits_for_a_write_under_way(shop):
    """A product whose writer is between its words and its record is no inconsistency."""
    async with shop.locks.holding([(CATALOG, "a")]):
        await shop.words.remove(CATALOG, ["a"])
        checking = asyncio.create_task(shop.check(repair=True))
        await asyncio.sleep(0)
        await shop.words.write(CATALOG, {"a": facts_of(Product(id="a", title="hat").SerializeToString())})

    assert [] == (await checking)[0]


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "[]",
        '["nowhere", null]',
        '["records", 5]',
        '["text", ["a", "b"]]',
        '["text", ["a", Infinity]]',
        "[" * 4096,
        "{}",
    ],
)
async def test_a_token_of_nothing_is_refused(token):
    """What no check gave is PAGE_TOKEN_INVALID."""
    with pytest.raises(InvalidArgument) as caught:
        Cursor.unpack(token)

    assert (Reason.PAGE_TOKEN_INVALID, "page_token") == (caught.value.reason, caught.value.field)


async def test_a_catalogue_that_does_not_exist_is_told():
    """There is nothing to check."""
    with pytest.raises(NotFound):
        await Shop().check()
