"""Writes on terms, from the public API to the store and back into searches."""

import asyncio
import itertools
import time
from types import SimpleNamespace

import grpc
import pytest
from fakes import FakeEncoder
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money
from grpc_status import rpc_status

from gateway import main
from triptych.runtime.errors import from_status
from triptych.v1 import catalog_service_pb2 as pb
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1.types_pb2 import (
    CONSISTENCY_STRONG,
    SEARCH_SPACE_IMAGE,
    WRITE_MODE_CREATE_ONLY,
    WRITE_MODE_UPDATE_ONLY,
    Media,
    Product,
)
from triptych.vocabulary.errors import Reason

NAMES = itertools.count()


@pytest.fixture
def shop(stubs):
    return Shop(stubs, f"writes{next(NAMES)}")


class Shop:
    """A catalogue of its own, and short ways to write to it."""

    def __init__(self, stubs, catalog):
        self.stubs, self.name = stubs, catalog

    async def put(self, *products, **terms):
        request = pb.UpsertProductsRequest(catalog=self.name, products=products, **terms)
        return list((await self.stubs.catalog.UpsertProducts(request)).results)

    async def set(self, product, *paths, **terms):
        mask = FieldMask(paths=paths)
        request = pb.UpdateProductRequest(catalog=self.name, product=product, update_mask=mask, **terms)
        return await self.stubs.catalog.UpdateProduct(request)

    async def set_all(self, *updates, **terms):
        request = pb.UpdateProductsRequest(catalog=self.name, updates=updates, **terms)
        return list((await self.stubs.catalog.UpdateProducts(request)).results)

    async def get(self, product_id="a"):
        request = pb.GetProductRequest(catalog=self.name, id=product_id)
        return (await self.stubs.catalog.GetProduct(request)).product

    async def scores(self, text, space=0, **wishes):
        request = search_pb.SearchProductsRequest(
            catalog=self.name,
            parts=[search_pb.QueryPart(text=text)],
            search_space=space,
            lexical_weight=0,
            **wishes,
        )
        found = await self.stubs.search.SearchProducts(request)
        return {each.product.id: each.score for each in found.results}


def at(second, **fields):
    return Product(id="a", update_time=Timestamp(seconds=second), **fields)


def euros(units):
    return Money(currency_code="EUR", units=units)


def told(result):
    """Return the reason and the field of a result's error."""
    error = from_status(result.error)
    return error.reason, error.field


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    error = from_status(rpc_status.from_call(caught.value))
    return caught.value.code().name, error.reason, error.field


@pytest.fixture
def encoded(monkeypatch):
    """What was encoded, in calls."""
    calls = []
    encode = FakeEncoder.encode

    async def noting(self, contents, **choices):
        calls.append([each.text or each.media.data.decode() for each in contents])
        return await encode(self, contents, **choices)

    monkeypatch.setattr(FakeEncoder, "encode", noting)
    return calls


async def test_a_price_is_set_without_encoding(shop, encoded):
    """And found at once by a filter; the product's words, pictures and vectors are as they were."""
    await shop.put(
        Product(id="a", title="red mug", price=euros(5), images=[Media(data=b"red mug"), Media(data=b"cup")])
    )
    before = await shop.scores("red mug"), await shop.scores("red mug", SEARCH_SPACE_IMAGE)
    encoded.clear()

    response = await shop.set(Product(id="a", price=euros(7)))
    await shop.set_all(pb.ProductUpdate(product=Product(id="a", in_stock=True, popularity=3)))

    assert [] == encoded
    assert before == (
        await shop.scores("red mug", filter="price = 7 AND in_stock = true", consistency=CONSISTENCY_STRONG),
        await shop.scores("red mug", SEARCH_SPACE_IMAGE, filter="popularity = 3"),
    )
    assert {} == await shop.scores("red mug", filter="price = 5")
    product = await shop.get()
    assert ("red mug", 7, 2, True) == (
        product.title,
        product.price.units,
        len(product.images),
        product.in_stock,
    )
    assert "" != response.etag != product.etag


async def test_words_are_encoded_again_and_pictures_are_not(shop, encoded):
    """The vectors are those of a product that was written as a whole."""
    await shop.put(Product(id="a", title="red mug", description="of clay", images=[Media(data=b"red mug")]))
    encoded.clear()

    await shop.set(Product(id="a", title="blue hat"))

    assert [["blue hat. of clay"]] == encoded
    updated = [await shop.scores("blue hat", space) for space in range(4)]
    whole = Product(id="a", title="blue hat", description="of clay", images=[Media(data=b"red mug")])
    await shop.put(whole)
    assert updated == [await shop.scores("blue hat", space) for space in range(4)]
    assert updated[0]["a"] > 0


async def test_pictures_are_replaced_as_a_whole(shop, encoded):
    """New ones are encoded, old ones gone; taken away they leave the words."""
    await shop.put(Product(id="a", title="red mug", images=[Media(data=b"red mug"), Media(data=b"cup")]))
    encoded.clear()
    space = SEARCH_SPACE_IMAGE

    await shop.set(Product(id="a", images=[Media(data=b"blue hat")]), "images")
    assert [["blue hat"]] == encoded
    assert 1 == len((await shop.get()).images)
    assert 1.0 == pytest.approx((await shop.scores("blue hat", space))["a"], abs=1e-5)

    await shop.set(Product(id="a"), "images")
    assert (0, "red mug") == (len((await shop.get()).images), (await shop.get()).title)
    assert ("INVALID_ARGUMENT", Reason.PRODUCT_EMPTY, "product") == await refused(
        shop.set(Product(id="a"), "title")
    )
    assert "red mug" == (await shop.get()).title


async def test_late_events_of_all_kinds(shop):
    """Field by field the later one stands, of words too."""
    await shop.put(at(100, title="red mug", price=euros(5)))
    await shop.set(at(300, title="blue hat"))
    await shop.set(at(200, price=euros(6)))
    late = await shop.set(at(150, title="green", price=euros(1)))
    (whole,) = await shop.put(at(250, title="old", brand="B", price=euros(9)))
    (older,) = await shop.put(at(50, title="oldest"))

    product = await shop.get()
    assert ("blue hat", 9, "B", 300) == (
        product.title,
        product.price.units,
        product.brand,
        product.update_time.seconds,
    )
    assert (True, ["price", "title"]) == (late.superseded, list(late.superseded_paths))
    assert (False, ["title"], product.etag) == (
        whole.superseded,
        list(whole.superseded_paths),
        whole.etag,
    )
    assert (True, product.etag) == (older.superseded, older.etag)
    assert 1.0 == pytest.approx((await shop.scores("blue hat"))["a"], abs=1e-5), "vectors are of the title"


async def test_a_clock_that_jumps_decides_nothing(shop, replica, monkeypatch):
    """Times are compared with one another, whatever the clock here says; one too far ahead is refused."""
    now = time.time()
    for clock, seconds, price in ((now, 100, 1), (now - 10**6, 200, 2), (now + 10**7, 300, 3)):
        monkeypatch.setattr(main, "time", SimpleNamespace(time=lambda clock=clock: clock))
        shop.stubs = await replica()
        await shop.put(at(seconds, title="mug", price=euros(price)))
        await shop.put(at(150, title="mug", price=euros(9)))
    assert (300, 3) == ((await shop.get()).update_time.seconds, (await shop.get()).price.units)

    monkeypatch.setattr(main, "time", SimpleNamespace(time=lambda: now))
    shop.stubs = await replica()
    ahead = int(now + 25 * 3600)
    (future,) = await shop.put(at(ahead, title="mug"))
    assert (Reason.FIELD_INVALID, "products[0].update_time") == told(future)
    assert ("INVALID_ARGUMENT", Reason.FIELD_INVALID, "product.update_time") == await refused(
        shop.set(at(ahead, brand="B"))
    )
    assert not (await shop.set(at(int(now + 23 * 3600), brand="B"))).superseded


async def test_a_request_that_comes_again_does_nothing(shop):
    """Although others have written since; under the same id something else is something else."""
    made = Product(id="a", title="red mug", price=euros(5))
    (first,) = await shop.put(made, request_id="r1", mode=WRITE_MODE_CREATE_ONLY)
    await shop.set(Product(id="a", price=euros(6)), request_id="r2")
    (again,) = await shop.put(made, request_id="r1", mode=WRITE_MODE_CREATE_ONLY)
    await shop.set(Product(id="a", price=euros(7)), request_id="r2")
    await shop.set(Product(id="a", price=euros(6)), request_id="r2")

    assert not again.HasField("error")
    assert again.etag != first.etag
    assert 7 == (await shop.get()).price.units


async def test_what_may_be_there_before(shop):
    """Modes, etags and updates of what is missing, each with its own outcome beside the others."""
    nowhere = pb.ProductUpdate(product=Product(id="b", price=euros(1)))
    (unknown,) = await shop.set_all(nowhere)
    assert Reason.CATALOG_NOT_FOUND == told(unknown)[0]
    await shop.put(Product(id="a", title="red mug"))

    exists, made = await shop.put(
        Product(id="a", title="x"), Product(id="b", title="y"), mode=WRITE_MODE_CREATE_ONLY
    )
    assert (Reason.PRODUCT_EXISTS, "products[0].id") == told(exists)
    missing, updated = await shop.put(
        Product(id="c", title="x"), Product(id="b", title="z", etag=made.etag), mode=WRITE_MODE_UPDATE_ONLY
    )
    assert (Reason.PRODUCT_NOT_FOUND, "products[0].id") == told(missing)
    assert ("red mug", "z", "") == (
        (await shop.get("a")).title,
        (await shop.get("b")).title,
        updated.error.message,
    )
    (stale,) = await shop.put(Product(id="b", title="w", etag=made.etag))
    assert (Reason.ETAG_MISMATCH, "products[0].etag") == told(stale)

    assert ("NOT_FOUND", Reason.PRODUCT_NOT_FOUND, "product.id") == await refused(
        shop.set(Product(id="c", price=euros(1)))
    )
    await shop.set(Product(id="c", title="new hat", price=euros(1)), "price", allow_missing=True)
    assert "new hat" == (await shop.get("c")).title
    assert ("ABORTED", Reason.ETAG_MISMATCH, "product.etag") == await refused(
        shop.set(Product(id="c", title="w", etag=made.etag))
    )


@pytest.mark.parametrize(
    ("product", "paths", "field"),
    [
        (Product(id="a", price=euros(1)), ["price", "prize"], "update_mask.paths[1]"),
        (Product(id="a", price=euros(1)), ["price.units"], "update_mask.paths[0]"),
        (Product(id="a"), ["id"], "update_mask.paths[0]"),
        (Product(id="a"), ["*"], "update_mask.paths[0]"),
        (Product(id="a"), ["attributes."], "update_mask.paths[0]"),
        (Product(id="a"), [f"attributes.a{n}" for n in range(129)], "update_mask"),
        (Product(id="a"), [], "update_mask"),
        (Product(price=euros(1)), [], "product.id"),
        (Product(id="a", popularity=-1), [], "product.popularity"),
    ],
)
async def test_an_update_that_makes_no_sense_names_its_field(shop, product, paths, field):
    """Alone as an error of the call, among others as an outcome of its own."""
    await shop.put(Product(id="a", title="mug"), Product(id="b", title="cup"))
    assert ("INVALID_ARGUMENT", Reason.FIELD_INVALID, field) == await refused(shop.set(product, *paths))

    broken = pb.ProductUpdate(product=product, update_mask=FieldMask(paths=paths))
    fine = pb.ProductUpdate(product=Product(id="b", brand="B"))
    result, other = await shop.set_all(broken, fine)
    assert (Reason.FIELD_INVALID, f"updates[0].{field}") == told(result)
    assert not other.HasField("error")


async def test_of_updates_of_one_product_the_last_counts(shop):
    """The earlier ones are told so."""
    await shop.put(Product(id="a", title="mug"))
    first, second = await shop.set_all(
        *(pb.ProductUpdate(product=Product(id="a", price=euros(n))) for n in (1, 2))
    )
    assert (Reason.DUPLICATE_ID, "updates[0].product.id") == told(first)
    assert 2 == (await shop.get()).price.units
    assert (await shop.get()).etag == second.etag


async def test_single_attributes_are_set_and_taken_away(shop):
    """The others stay; "attributes" replaces them all."""
    product = Product(id="a", title="mug")
    product.attributes["colour"].string_value = "red"
    product.attributes["size"].string_value = "L"
    await shop.put(product)
    change = Product(id="a")
    change.attributes["colour"].string_value = "blue"

    await shop.set(change, "attributes.colour", "attributes.size")
    assert {"colour": "blue"} == {k: v.string_value for k, v in (await shop.get()).attributes.items()}
    await shop.set(Product(id="a"), "attributes")
    assert {} == dict((await shop.get()).attributes)


async def test_many_writers_of_words_and_prices_lose_nothing(shop):
    """Every acknowledged field is there in the end: a plan that was overtaken is made anew."""
    await shop.put(Product(id="a", title="mug", images=[Media(data=b"red mug")]))
    writers = [
        shop.set(Product(id="a", description="of clay"), "description"),
        shop.set(Product(id="a", title="blue hat"), "title"),
        shop.set(Product(id="a", images=[Media(data=b"cup")]), "images"),
        *(shop.set(Product(id="a", **{name: name}), name) for name in ("brand", "category", "locale")),
    ]
    await asyncio.gather(*writers)

    product = await shop.get()
    assert ("blue hat", "of clay", "brand", "category", "locale") == (
        product.title,
        product.description,
        product.brand,
        product.category,
        product.locale,
    )
    many = [await shop.scores("blue hat", space) for space in range(4)]
    await shop.put(Product(id="a", title="blue hat", description="of clay", images=[Media(data=b"cup")]))
    assert many == [await shop.scores("blue hat", space) for space in range(4)]


async def test_a_stream_is_told_what_was_newer(shop):
    """Late products keep newer words there too, and nobody is told of an error."""
    await shop.put(at(100, title="red mug", price=euros(5)))
    await shop.set(at(300, title="blue hat"))
    products = [at(200, title="old", brand="B"), Product(id="b", title="cup"), at(150, title="older")]
    call = shop.stubs.catalog.IngestProducts()
    await call.write(pb.IngestProductsRequest(start=pb.IngestProductsRequest.Start(catalog=shop.name)))
    for sequence, product in enumerate(products, start=1):
        item = pb.IngestProductsRequest.Item(sequence=sequence, product=product)
        await call.write(pb.IngestProductsRequest(items=pb.IngestProductsRequest.Items(items=[item])))
    await call.done_writing()
    acks = {ack.sequence: ack.result async for told in call for ack in told.acks.acks}

    assert [False] * 3 == [acks[each].HasField("error") for each in (1, 2, 3)]
    assert [(False, ["title"]), (False, []), (True, [])] == [
        (acks[each].superseded, list(acks[each].superseded_paths)) for each in (1, 2, 3)
    ]
    product = await shop.get()
    assert ("blue hat", "B", acks[3].etag) == (product.title, product.brand, product.etag)
