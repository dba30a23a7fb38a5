"""Keeping: the order of writes, and what is left when one breaks off."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from services.search.adapters.in_memory import InMemoryIndex
from services.search.adapters.in_memory_lexical import InMemoryLexicalIndex
from services.search.adapters.products import PackedProducts
from services.search.core.attributes import ATTRIBUTES_MAX, VALUES_MAX
from services.search.core.checks import PRODUCT_BYTES_MAX
from services.search.core.keeper import Keeper
from services.search.core.model import Facts, ProductRecord, ProductVector, RowKey
from services.search.core.writing import Written
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import InvalidArgument, Reason, Unavailable
from triptych.vocabulary.vectors import Space, Vector

FUSED, TEXT, IMAGE, AUDIO = SpaceKind
SPACES = {kind: Space(f"p-1/{kind.name.lower()}", 2) for kind in SpaceKind}
ONE = np.array([1.0, 0.0], np.float32)


class BreakingIndex(InMemoryIndex):
    """Notes what is changed, in order, and breaks off at the change named."""

    def __init__(self):
        super().__init__()
        self.changes = []
        self.breaks_at = None

    async def upsert(self, collection, rows):
        self._note("upsert", collection)
        await super().upsert(collection, rows)

    async def add_attributes(self, collection, attributes):
        self._note("add_attributes", collection)
        await super().add_attributes(collection, attributes)

    async def delete(self, collection, keys):
        if keys:
            self._note("delete", collection)
        await super().delete(collection, keys)

    def _note(self, change, collection):
        self._note_(change, collection.kind)

    def _note_(self, change, what):
        self.changes.append((change, what))
        if self.changes[-1] == self.breaks_at:
            raise Unavailable.because_of("milvus")


class BreakingLexicalIndex(InMemoryLexicalIndex):
    """Notes its changes among those of *index*, and breaks off with it."""

    def __init__(self, index):
        super().__init__()
        self._index = index

    async def write(self, catalog, products):
        self._index._note_("write", "words")
        await super().write(catalog, products)

    async def remove(self, catalog, ids):
        self._index._note_("remove", "words")
        await super().remove(catalog, ids)


def keeper_of(index, lexical=None):
    return Keeper(index, lexical or InMemoryLexicalIndex(), PackedProducts())


def vector(kind, view=0, values=ONE, space=""):
    return ProductVector(kind, view, Vector(np.array(values, np.float32), space or SPACES[kind].id))


def record(product_id, *others, product=b"product", **attributes):
    return ProductRecord(product_id, product, (vector(FUSED), *others), Facts(attributes=attributes))


async def write(index, *records):
    return await keeper_of(index).write("shop", SPACES, records)


def blamed(outcome):
    return "" if isinstance(outcome, Written) else outcome.field


async def exists(index, kind, product_id):
    collection = await index.collection("shop", kind)
    return bool(await index.existing(collection, [RowKey(product_id, view) for view in range(16)]))


async def test_the_record_is_written_last_and_removed_first():
    """New rows, then stale ones away, then the record; the other way round on removal."""
    index = BreakingIndex()
    await write(index, record("a", vector(TEXT), vector(IMAGE), vector(IMAGE, 1)))
    assert [("upsert", TEXT), ("upsert", IMAGE), ("upsert", FUSED)] == index.changes

    index.changes.clear()
    await write(index, record("a", vector(IMAGE)))
    assert [("upsert", IMAGE), ("delete", TEXT), ("delete", IMAGE), ("upsert", FUSED)] == index.changes

    index.changes.clear()
    await keeper_of(index).remove("shop", ["a"])
    assert [("delete", FUSED), ("delete", IMAGE)] == index.changes


async def test_words_are_written_before_the_record_and_removed_after_it():
    """What the record has, the lexical index has too; what it has beyond that is passed over."""
    index = BreakingIndex()
    lexical = BreakingLexicalIndex(index)
    keeper = keeper_of(index, lexical)
    await keeper.write("shop", SPACES, [titled("a", "hat"), titled("b", "hat")])
    assert [("write", "words"), ("upsert", FUSED)] == index.changes
    assert ["a", "b"] == [each for each, _ in await lexical.match("shop", "hat", 10)]
    assert {"shop"} == await lexical.complete_catalogs()

    index.changes.clear()
    assert [] == await keeper.remove("shop", ["a"])
    assert [("delete", FUSED), ("remove", "words")] == index.changes
    assert ["b"] == [each for each, _ in await lexical.match("shop", "hat", 10)]


async def test_words_that_could_not_be_written_or_removed_are_the_next_time():
    """A record never says what the lexical index could not take; doing the same again completes it."""
    index = BreakingIndex()
    lexical = BreakingLexicalIndex(index)
    keeper = keeper_of(index, lexical)
    await keeper.write("shop", SPACES, [titled("a", "hat", b"old")])
    index.breaks_at = ("write", "words")
    with pytest.raises(Unavailable):
        await keeper.write("shop", SPACES, [titled("a", "coat", b"new")])
    assert [b"old"] == await _products(index)
    index.breaks_at = None
    await keeper.write("shop", SPACES, [titled("a", "coat", b"new")])
    assert ["a"] == [each for each, _ in await lexical.match("shop", "coat", 10)]

    index.breaks_at = ("remove", "words")
    with pytest.raises(Unavailable):
        await keeper.remove("shop", ["a"])
    index.breaks_at = None
    assert ["a"] == await keeper.remove("shop", ["a"])
    assert [] == await lexical.match("shop", "coat", 10)


async def test_a_catalogue_that_the_lexical_index_lost_is_not_called_complete_by_a_write():
    """Only of a catalogue without products can it be said that all of them are there."""
    index, lost = InMemoryIndex(), InMemoryLexicalIndex()
    await keeper_of(index).write("shop", SPACES, [titled("a", "hat")])
    await keeper_of(index, lost).write("shop", SPACES, [titled("b", "hat")])
    assert set() == await lost.complete_catalogs()


def titled(product_id, title, product=b"product"):
    return replace(record(product_id, product=product), facts=Facts(title=title))


@pytest.mark.parametrize("kind", [TEXT, IMAGE, FUSED])
async def test_a_write_that_breaks_off_leaves_the_old_version(kind):
    """Until the record is written, reading gives what was acknowledged; writing again completes it."""
    index = BreakingIndex()
    await write(index, record("a", product=b"old"))
    index.breaks_at = ("upsert", kind)
    new = record("a", vector(TEXT), vector(IMAGE), product=b"new")

    with pytest.raises(Unavailable):
        await write(index, new)

    assert [b"old"] == await _products(index)
    index.breaks_at = None
    await write(index, new)
    assert [b"new"] == await _products(index)


async def test_a_removal_that_breaks_off_is_completed_by_the_next():
    """The record is gone at once; removing again takes what was left, and calls the product missing."""
    index = BreakingIndex()
    await write(index, record("a", vector(IMAGE)))
    index.breaks_at = ("delete", IMAGE)
    with pytest.raises(Unavailable):
        await keeper_of(index).remove("shop", ["a"])
    assert [] == await _products(index)

    index.breaks_at = None
    assert ["a"] == await keeper_of(index).remove("shop", ["a"])

    assert not await exists(index, IMAGE, "a")


@pytest.mark.parametrize(
    ("broken", "reason", "field"),
    [
        (record("b", product=bytes(PRODUCT_BYTES_MAX + 1)), Reason.PRODUCT_TOO_LARGE, "product"),
        (ProductRecord("b", b"", (vector(TEXT),)), Reason.VECTORS_MISSING, "vectors"),
        (record("b", vector(FUSED)), Reason.FIELD_INVALID, "vectors"),
        (record("b", vector(TEXT, 1)), Reason.FIELD_INVALID, "vectors[1].view"),
        (
            record("b", vector(TEXT, values=[1, 0, 0])),
            Reason.DIMENSION_MISMATCH,
            "vectors[1].vector.dimension",
        ),
        (record("b", vector(TEXT, space="q/text")), Reason.SPACE_MISMATCH, "vectors[1].vector.space"),
        (record("b", vector(TEXT, values=[2, 0])), Reason.VECTOR_INVALID, "vectors[1].vector.data"),
        (InvalidArgument("unreadable", reason=Reason.VECTOR_INVALID, field="f"), Reason.VECTOR_INVALID, "f"),
    ],
)
async def test_a_broken_product_is_named_and_the_others_are_stored(broken, reason, field):
    """One product's fault is its own outcome, in its place."""
    index = InMemoryIndex()

    first, second, third = await write(index, record("a"), broken, record("c"))

    assert [True, True] == [isinstance(each, Written) for each in (first, third)]
    assert (reason, field) == (second.reason, second.field)
    assert await exists(index, FUSED, "a")
    assert await exists(index, FUSED, "c")
    assert not await exists(index, FUSED, "b")


async def test_an_id_twice_in_one_request_is_refused():
    """Nothing is stored when two products claim one id."""
    index = InMemoryIndex()

    with pytest.raises(InvalidArgument) as caught:
        await write(index, record("a"), record("a"))

    assert (Reason.DUPLICATE_ID, "products[1].id") == (caught.value.reason, caught.value.field)
    assert await index.collection("shop", FUSED) is None


async def test_a_request_of_broken_products_makes_no_catalogue():
    """A catalogue comes into being with its first product, not with a failed attempt."""
    index = InMemoryIndex()

    await write(index, ProductRecord("a", b"", (vector(TEXT),)))

    assert await index.collection("shop", FUSED) is None


async def test_two_first_writers_leave_no_mixture():
    """The second of two writers takes away what the first, a moment ago, wrote to collections that are new."""
    index = BreakingIndex()
    keeper = keeper_of(index)
    with_views = record("a", vector(TEXT), vector(IMAGE), vector(IMAGE, 1))

    await asyncio.gather(*(keeper.write("shop", SPACES, [each]) for each in (with_views, record("a"))))

    assert not await exists(index, IMAGE, "a")
    assert not await exists(index, TEXT, "a")


async def _products(index):
    rows, _ = await keeper_of(index).read("shop", ["a"], with_vectors=False)
    return [row.product for row in rows]


async def test_attributes_are_noted_before_the_rows_and_once():
    """What can be found can be asked for; what is known already costs nothing."""
    index = BreakingIndex()
    await write(index, record("a", colour="red"), record("b", colour="blue", weight=1.0))
    assert [("add_attributes", FUSED), ("upsert", FUSED)] == index.changes

    index.changes.clear()
    await write(index, record("c", colour="red"), record("d"))
    assert [("upsert", FUSED)] == index.changes
    collection = await index.collection("shop", FUSED)
    assert {"colour": {"string"}, "weight": {"number"}} == collection.attributes


async def test_one_attribute_too_many_has_its_own_outcome():
    """The other products of the batch are stored."""
    index = BreakingIndex()
    most = record("most", **{f"a{number}": 1.0 for number in range(ATTRIBUTES_MAX)})

    outcomes = await write(index, most, record("over", b=1.0), record("within", a1=1.0))

    assert ["", 'attributes["b"]', ""] == [blamed(each) for each in outcomes]
    assert [True, False, True] == [await exists(index, FUSED, each) for each in ("most", "over", "within")]


async def test_lists_of_too_many_values_are_refused():
    """All lists of a product together have room for so many."""
    half = tuple(str(number) for number in range(VALUES_MAX // 2))
    index = BreakingIndex()

    outcomes = await write(index, record("fits", x=half, y=half), record("over", x=half, y=half, z=("1",)))

    assert ["", "attributes"] == [blamed(each) for each in outcomes]
    assert str(VALUES_MAX + 1) == outcomes[1].metadata["values"]


class SlowSides(BreakingIndex):
    """What is written or removed beside the records waits to be let go."""

    def __init__(self):
        super().__init__()
        self.waits = asyncio.Event()
        self.waits.set()

    async def upsert(self, collection, rows):
        if collection.kind is not FUSED:
            await self.waits.wait()
        await super().upsert(collection, rows)

    async def delete(self, collection, keys):
        if collection.kind is not FUSED:
            await self.waits.wait()
        await super().delete(collection, keys)


@pytest.mark.parametrize("call", ["write", "remove"])
async def test_nothing_goes_on_behind_a_call_that_failed(call):
    """Once the caller knows that it failed, the next one's rows are safe from it."""
    index = SlowSides()
    lexical = BreakingLexicalIndex(index)
    keeper = keeper_of(index, lexical)
    await keeper.write("shop", SPACES, [record("a", vector(TEXT), vector(IMAGE))])
    index.waits.clear()
    index.breaks_at = (call, "words")

    with pytest.raises(Unavailable):
        await (
            keeper.write("shop", SPACES, [record("a", vector(TEXT), vector(IMAGE), product=b"lost")])
            if call == "write"
            else keeper.remove("shop", ["a"])
        )
    index.changes.clear()
    index.waits.set()
    await asyncio.sleep(0.01)

    assert [] == index.changes


async def test_a_write_that_breaks_off_in_one_kind_ends_in_the_others():
    """The rows of another kind do not come later than the error."""
    index = SlowSides()
    await write(index, record("a", vector(TEXT), vector(IMAGE)))

    async def breaks(collection, rows):
        if collection.kind is TEXT:
            raise Unavailable.because_of("milvus")
        await SlowSides.upsert(index, collection, rows)

    index.waits.clear()
    index.upsert = breaks

    with pytest.raises(Unavailable):
        await write(index, record("a", vector(TEXT), vector(IMAGE), product=b"lost"))
    index.changes.clear()
    index.waits.set()
    await asyncio.sleep(0.01)

    assert [] == index.changes
