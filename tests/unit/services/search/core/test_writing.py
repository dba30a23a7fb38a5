"""Writes on terms, through the keeper, with everything in memory."""

import asyncio
import itertools

import numpy as np
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st

from services.search.adapters.in_memory import InMemoryIndex
from services.search.adapters.in_memory_lexical import InMemoryFieldIndex, InMemoryLexicalIndex
from services.search.adapters.products import PackedProducts
from services.search.core.filters.parse import parse
from services.search.core.keeper import Keeper
from services.search.core.model import ProductRecord, ProductVector, RowKey
from services.search.core.terms import Terms
from services.search.core.writing import Decided, Written
from services.search.translate_facts import facts_of
from tests.memory_shop import packed
from triptych.v1.types_pb2 import Product
from triptych.vocabulary.choices import SpaceKind, WriteMode
from triptych.vocabulary.errors import Reason
from triptych.vocabulary.vectors import Space, Vector

FUSED, TEXT, IMAGE, AUDIO = SpaceKind
SPACES = {kind: Space(f"p-1/{kind.name.lower()}", 2) for kind in SpaceKind}


class Shelf:
    """A catalogue in memory, and short ways to write to it."""

    def __init__(self):
        self.index = InMemoryIndex()
        self.words = InMemoryLexicalIndex()
        self.fields = InMemoryFieldIndex(self.words)
        self.keeper = Keeper(self.index, self.words, PackedProducts())

    async def write(self, *records):
        spaces = SPACES if any(each.vectors for each in records) else {}
        return await self.keeper.write("shop", spaces, records)

    async def put(self, product_id="a", *, angle=0.0, images=1, time=None, terms=None, **fields):
        """Write a whole product; its vectors stand at *angle*."""
        (outcome,) = await self.write(
            whole(product_id, angle=angle, images=images, time=time, terms=terms, **fields)
        )
        return outcome

    async def set(self, product_id="a", *, paths=(), time=None, terms=None, **fields):
        """Write the fields that are given, or those at *paths*."""
        (outcome,) = await self.write(part(product_id, paths=paths, time=time, terms=terms, **fields))
        return outcome

    async def product(self, product_id="a"):
        rows, _ = await self.keeper.read("shop", [product_id], with_vectors=False)
        return Product.FromString(rows[0].product) if rows else None

    async def rows(self, product_id="a"):
        """Every row of the product, by kind and view."""
        found = {}
        for kind in SpaceKind:
            collection = await self.index.collection("shop", kind)
            if collection:
                keys = [RowKey(product_id, view) for view in range(16)]
                for row in await self.index.read(collection, keys, with_vectors=True):
                    found[kind, row.key.view] = row
        return found


def whole(product_id="a", *, angle=0.0, images=1, time=None, terms=None, **fields):
    product = product_of(product_id, time, fields)
    values = np.array([np.cos(angle), np.sin(angle)], np.float32)
    vectors = [(FUSED, 0), (TEXT, 0), *((IMAGE, view) for view in range(images))]
    return ProductRecord(
        product_id,
        product,
        tuple(ProductVector(kind, view, Vector(values, SPACES[kind].id)) for kind, view in vectors),
        facts_of(product),
        Terms(time=nanos(time), **(terms or {})),
    )


def part(product_id="a", *, paths=(), time=None, terms=None, **fields):
    product = product_of(product_id, time, fields)
    known = [each if each in Product.DESCRIPTOR.fields_by_name else f"attributes.{each}" for each in fields]
    asked = Terms(paths=tuple(paths or known), time=nanos(time), **(terms or {}))
    return ProductRecord(product_id, product, (), facts_of(product), asked)


def nanos(seconds):
    return None if seconds is None else seconds * 10**9


def product_of(product_id, time, fields):
    product = Product.FromString(packed(product_id, **fields))
    if time is not None:
        product.update_time.CopyFrom(Timestamp(seconds=time))
    return product.SerializeToString(deterministic=True)


@pytest.fixture
def shelf():
    return Shelf()


async def test_a_price_is_set_and_all_else_stays(shelf):
    """In the record, in every row beside it, and in what is counted; vectors and history are as they were."""
    await shelf.put(title="mug", price=5, colour="red", angle=0.3, images=2, time=10)
    before = await shelf.rows()

    outcome = await shelf.set(price=7.5, time=11)

    rows = await shelf.rows()
    assert rows.keys() == before.keys()
    for key, row in rows.items():
        product = Product.FromString(row.product)
        assert ("mug", 7, 500_000_000, "red") == (
            product.title,
            product.price.units,
            product.price.nanos,
            product.attributes["colour"].string_value,
        )
        assert 11 == product.update_time.seconds
        assert 7.5 == row.facts.price
        np.testing.assert_array_equal(before[key].values, row.values)
    assert rows[FUSED, 0].history.etag == outcome.etag != before[FUSED, 0].history.etag
    assert 1 == (await shelf.fields.count("shop", parse("price = 7.5", {}))).number


async def test_a_field_that_is_named_and_not_given_is_emptied(shelf):
    """Also a single attribute; the others stay."""
    await shelf.put(title="mug", price=5, brand="A", colour="red", size="L")
    await shelf.set(paths=["price", "attributes.colour"])

    product = await shelf.product()
    assert (False, "A", ["size"]) == (product.HasField("price"), product.brand, list(product.attributes))


async def test_events_that_come_late_set_what_nothing_newer_has_set(shelf):
    """A price of 12:00 after a stock of 12:01 is set; one that is older than the price is not."""
    await shelf.put(title="mug", price=5, time=1100)
    await shelf.set(in_stock=False, time=1201)
    await shelf.set(price=6, time=1200)

    late = await shelf.set(price=4, time=1159)
    mixed = await shelf.set(price=4, brand="B", time=1159)

    product = await shelf.product()
    assert (6, False, "B", 1201) == (
        product.price.units,
        product.in_stock,
        product.brand,
        product.update_time.seconds,
    )
    assert (True, ("price",)) == (late.superseded, late.superseded_paths)
    assert (False, ("price",)) == (mixed.superseded, mixed.superseded_paths)


async def test_a_late_product_keeps_what_is_newer_there(shelf):
    """A whole product of 12:00 does not undo a price of 12:01, nor anything of a product of 12:02."""
    await shelf.put(title="mug", price=5, time=1100)
    await shelf.set(price=6, time=1201)

    between = await shelf.put(title="cup", price=5, angle=1.0, time=1200)
    assert (False, ("price",)) == (between.superseded, between.superseded_paths)
    assert ("cup", 6) == ((await shelf.product()).title, (await shelf.product()).price.units)

    await shelf.put(title="glass", price=7, time=1202)
    late = await shelf.put(title="old", price=1, time=1159)
    assert (True, "glass") == (late.superseded, (await shelf.product()).title)
    assert late.etag == (await shelf.rows())[FUSED, 0].history.etag


async def test_what_is_restored_is_as_it_was(shelf):
    """Also over what is newer; events that follow are compared with its time."""
    await shelf.put(title="mug", price=5, time=100)
    await shelf.set(price=6, time=300)
    restored = await shelf.put(title="mug", price=4, time=200, terms={"overrides": True})

    assert (False, ()) == (restored.superseded, restored.superseded_paths)
    assert (4, 200) == ((await shelf.product()).price.units, (await shelf.product()).update_time.seconds)
    assert (await shelf.set(price=9, time=150)).superseded
    assert not (await shelf.set(price=9, time=250)).superseded


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "price": st.integers(1, 9),
        "in_stock": st.booleans(),
        "brand": st.sampled_from("ABC"),
        "colour": st.sampled_from(["red", "blue"]),
        "popularity": st.integers(1, 9),
    },
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), FIELDS), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
async def test_timed_writes_leave_the_same_product_in_whatever_order_they_come(events, random):
    """Wholes and fields of distinct times, each perhaps twice, after a first product: the last of each field stands."""
    first = whole(title="mug", price=5, time=0)
    records = [
        whole(title="mug", time=time, **fields) if is_whole or not fields else part(time=time, **fields)
        for time, (is_whole, fields) in enumerate(events, start=1)
    ]
    products = []
    for order in (records, random.sample(records * 2, len(records) * 2)):
        shelf = Shelf()
        for each in [first, *order]:
            (outcome,) = await shelf.write(each)
            assert isinstance(outcome, Written)
        rows = await shelf.rows()
        products.append((rows[FUSED, 0].product, rows[FUSED, 0].history.etag))
        assert 1 == len({row.product for row in rows.values()})

    assert products[0] == products[1]


async def test_a_request_that_comes_again_writes_nothing(shelf):
    """Although another has written since, and whatever it demands of what is there."""
    create = {"request": "r1", "mode": WriteMode.CREATE_ONLY}
    first = await shelf.put(title="mug", terms=create)
    await shelf.put(title="cup", terms={"request": "r2", "etag": first.etag})
    again = await shelf.put(title="mug", terms=create)
    conditional = await shelf.put(title="cup", terms={"request": "r2", "etag": first.etag})
    update = await shelf.set(price=9, terms={"request": "r3"})
    await shelf.set(price=5)

    assert "cup" == (await shelf.product()).title
    assert again.etag == conditional.etag != first.etag
    assert isinstance(update, Written)
    await shelf.set(price=9, terms={"request": "r3"})
    assert 5 == (await shelf.product()).price.units


async def test_what_may_be_there_before(shelf):
    """A product that is there is not made, one that is not there is not replaced; nothing is written."""
    missing = await shelf.put(title="mug", terms={"mode": WriteMode.UPDATE_ONLY})
    assert Reason.CATALOG_NOT_FOUND == missing.reason
    assert [] == await shelf.index.catalogs(), "a write that is refused makes no catalogue"

    made = await shelf.put(title="mug", terms={"mode": WriteMode.CREATE_ONLY})
    exists = await shelf.put(title="cup", terms={"mode": WriteMode.CREATE_ONLY})
    assert (Reason.PRODUCT_EXISTS, made.etag) == (exists.reason, exists.metadata["etag"])
    assert Reason.PRODUCT_NOT_FOUND == (await shelf.put("b", terms={"mode": WriteMode.UPDATE_ONLY})).reason
    assert Reason.PRODUCT_NOT_FOUND == (await shelf.set("b", price=5)).reason
    assert "mug" == (await shelf.product()).title
    assert isinstance(await shelf.put(title="cup", terms={"mode": WriteMode.UPDATE_ONLY}), Written)


async def test_an_etag_is_a_condition(shelf):
    """Of a product that is another one now, or that does not exist, nothing is written."""
    first = await shelf.put(title="mug", price=5)
    second = await shelf.set(price=6, terms={"etag": first.etag})
    stale = await shelf.set(price=7, terms={"etag": first.etag})
    gone = await shelf.put("b", title="new", terms={"etag": first.etag})

    assert (Reason.ETAG_MISMATCH, second.etag) == (stale.reason, stale.metadata["etag"])
    assert (Reason.ETAG_MISMATCH, None) == (gone.reason, gone.metadata.get("etag"))
    assert 6 == (await shelf.product()).price.units
    assert await shelf.product("b") is None


async def test_an_etag_tells_vectors_apart(shelf):
    """Pictures are not kept, but what was made of them is: another picture under the same words is another product."""
    etags = [(await shelf.put(title="mug", angle=angle)).etag for angle in (0.0, 1.0, 0.0)]

    assert etags[0] == etags[2] != etags[1]


async def test_words_are_not_changed_without_their_vectors(shelf):
    """Who changes words must have planned it, and nobody may have written since."""
    first = await shelf.put(title="mug", price=5, angle=0.3)
    assert Reason.WRITE_CONFLICT == (await shelf.set(title="cup")).reason

    (planned,), etags, spaces = await shelf.keeper.plan("shop", [part(title="cup")])
    assert isinstance(planned, Decided)
    becomes = Product.FromString(planned.record.product)
    assert ("cup", 5) == (becomes.title, becomes.price.units)
    assert {(FUSED, 0), (TEXT, 0), (IMAGE, 0)} == {(each.kind, each.view) for each in planned.record.vectors}
    assert ({"a": first.etag}, SPACES[TEXT]) == (etags, spaces[TEXT])

    new = whole(angle=0.9).vectors
    await shelf.set(price=6)
    stale = part(title="cup", terms={"base_etag": first.etag})
    (refused,) = await shelf.write(ProductRecord("a", stale.product, new, stale.facts, stale.terms))
    assert (Reason.WRITE_CONFLICT, 100) == (refused.reason, refused.retry_after_ms)

    _, etags, _ = await shelf.keeper.plan("shop", [part(title="cup")])
    fresh = part(title="cup", terms={"base_etag": etags["a"]})
    (written,) = await shelf.write(ProductRecord("a", fresh.product, new, fresh.facts, fresh.terms))
    rows = await shelf.rows()
    assert written.etag == rows[FUSED, 0].history.etag
    assert ("cup", 6) == ((await shelf.product()).title, (await shelf.product()).price.units)
    np.testing.assert_array_equal(new[1].vector.values, rows[TEXT, 0].values)


async def test_a_late_product_whose_words_are_older_is_sent_back(shelf):
    """Its vectors are not those of what it would become; by a plan it is written."""
    await shelf.put(title="mug", time=10)
    _, etags, _ = await shelf.keeper.plan("shop", [part(title="cup", time=30)])
    newer = part(title="cup", time=30, terms={"base_etag": etags["a"]})
    await shelf.write(ProductRecord("a", newer.product, whole(angle=1).vectors, newer.facts, newer.terms))

    late = whole(title="old", brand="B", time=20)
    (refused,) = await shelf.write(late)
    assert Reason.WRITE_CONFLICT == refused.reason

    bare = ProductRecord(late.id, late.product, (), late.facts, late.terms)
    (planned,), etags, _ = await shelf.keeper.plan("shop", [bare])
    product = Product.FromString(planned.record.product)
    assert (("title",), "cup", "B", 30) == (
        planned.superseded_paths,
        product.title,
        product.brand,
        product.update_time.seconds,
    )


async def test_what_a_product_may_not_become_is_refused_as_a_whole(shelf):
    """An attribute too many and a product too large, after the merge; nothing is written."""
    await shelf.put(title="mug", description="x" * 8000, **{f"a{n}": "x" for n in range(64)})
    assert "attributes" == (await shelf.set(one_more="x")).field
    assert isinstance(await shelf.set(a0="y"), Written)

    many = await shelf.set(**{f"a{n}": "x" * 1000 for n in range(64)})
    assert Reason.PRODUCT_TOO_LARGE == many.reason
    assert "y" == (await shelf.product()).attributes["a0"].string_value


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**16))
async def test_two_writers_on_one_product_leave_one_of_both(seed):
    """Whole products and fields, at the same time: all rows agree, and the etag is that of the writer who came last."""
    shelf = Slow(seed)
    await shelf.put(title="mug", price=5, images=2)
    names = itertools.cycle(["A", "B"])
    writers = [
        *(shelf.put(title=f"t{n}", brand=next(names), angle=n / 5, images=n % 3) for n in range(4)),
        *(shelf.set(price=n + 1) for n in range(4)),
    ]
    outcomes = await asyncio.gather(*writers)

    rows = await shelf.rows()
    assert 1 == len({row.product for row in rows.values()})
    title = Product.FromString(rows[FUSED, 0].product).title
    number = int(title[1:])
    assert {(FUSED, 0), (TEXT, 0), *((IMAGE, view) for view in range(number % 3))} == rows.keys()
    assert 1 == len({row.values.tobytes() for row in rows.values()})
    assert rows[FUSED, 0].history.etag in {each.etag for each in outcomes}


async def test_of_two_writers_with_one_etag_one_is_told(shelf):
    """Whoever comes second finds another product than it knows."""
    first = await shelf.put(title="mug", price=5)
    outcomes = await asyncio.gather(*(shelf.set(price=n, terms={"etag": first.etag}) for n in (6, 7, 8)))

    refused = [each for each in outcomes if not isinstance(each, Written)]
    assert [Reason.ETAG_MISMATCH] * 2 == [each.reason for each in refused]
    (written,) = [each for each in outcomes if isinstance(each, Written)]
    assert (await shelf.product()).price.units == 6 + outcomes.index(written)


class Slow(Shelf):
    """Every call of the index lets others in between, a random number of times."""

    def __init__(self, seed):
        super().__init__()
        random = np.random.default_rng(seed)

        def slow(call):
            async def called(*args, **kwargs):
                for _ in range(random.integers(0, 4)):
                    await asyncio.sleep(0)
                return await call(*args, **kwargs)

            return called

        for name in ("read", "upsert", "delete", "existing", "collection"):
            setattr(self.index, name, slow(getattr(self.index, name)))
