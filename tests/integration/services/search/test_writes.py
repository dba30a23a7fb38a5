"""Writes on terms, on every store of vectors."""

import asyncio
from dataclasses import replace

import numpy as np
from google.protobuf.timestamp_pb2 import Timestamp

from services.search.adapters.in_memory_lexical import InMemoryLexicalIndex
from services.search.adapters.milvus.directory import Directory
from services.search.adapters.milvus.fields import MilvusFieldIndex
from services.search.adapters.milvus.index import MilvusIndex
from services.search.core.model import ProductRecord, RowKey
from services.search.core.query import FacetWish, SearchQuery
from services.search.core.searcher import Searcher
from services.search.core.stores import Stores
from services.search.core.terms import Terms
from services.search.core.writing import Written
from services.search.translate_facts import facts_of
from tests.memory_shop import packed
from triptych.v1.types_pb2 import Product
from triptych.vocabulary.choices import Consistency, SimilarityMetric, SpaceKind, WriteMode
from triptych.vocabulary.errors import Reason

FUSED, TEXT, IMAGE, AUDIO = SpaceKind
X, Y = (1.0, 0, 0, 0), (0, 1.0, 0, 0)
HOSTILE = "蓝 \"'\\ %2F"


def product_of(product_id, seconds=None, **fields):
    product = Product.FromString(packed(product_id, **fields))
    if seconds is not None:
        product.update_time.CopyFrom(Timestamp(seconds=seconds))
    return product.SerializeToString(deterministic=True)


def whole(shop, product_id, views, seconds=None, **fields):
    product = product_of(product_id, seconds, **fields)
    return shop.record(product_id, views, product, facts_of(product))


def part(product_id, paths, seconds=None, **fields):
    product = product_of(product_id, seconds, **fields)
    terms = Terms(paths=tuple(paths), time=None if seconds is None else seconds * 10**9)
    return ProductRecord(product_id, product, (), facts_of(product), terms)


async def rows_of(shop, product_id):
    found = {}
    for kind in SpaceKind:
        collection = await shop.index.collection(shop.catalog, kind)
        if collection:
            keys = [RowKey(product_id, view) for view in range(16)]
            rows = await shop.index.read(collection, keys, with_vectors=True)
            found |= {(kind, row.key.view): row for row in rows}
    return found


async def test_fields_are_set_in_every_row_and_vectors_stay(shared_shop):
    """The store gives back what it was given, names of attributes with quotes and all; filters know the new value."""
    shop = shared_shop
    views = {FUSED: [X], TEXT: [Y], IMAGE: [X, (0.6, 0.8, 0, 0)]}
    await shop.write([whole(shop, "fields", views, 100, title="mug", price=5, **{HOSTILE: "a"})])
    before = await rows_of(shop, "fields")

    update = part("fields", ["price", f"attributes.{HOSTILE}"], 200, price=7.5, **{HOSTILE: "b"})
    (written,) = await shop.write([update])

    assert isinstance(written, Written)
    rows = await rows_of(shop, "fields")
    assert {(FUSED, 0), (TEXT, 0), (IMAGE, 0), (IMAGE, 1)} == rows.keys()
    for key, row in rows.items():
        product = Product.FromString(row.product)
        assert ("mug", 7, "b") == (
            product.title,
            product.price.units,
            product.attributes[HOSTILE].string_value,
        )
        np.testing.assert_array_equal(before[key].values, row.values)
    history = rows[FUSED, 0].history
    assert (written.etag, 0) == (history.etag, history.time_of("title") or 0)
    assert 200 * 10**9 == history.time_of("price") == history.time_of(f"attributes.{HOSTILE}")


async def test_what_is_older_or_repeated_is_not_written(shared_shop):
    """Late events, retries and conditions are told by what the store remembers."""
    shop = shared_shop
    create = Terms(mode=WriteMode.CREATE_ONLY, request="r1", time=100 * 10**9)
    first = replace(whole(shop, "late", {FUSED: [X]}, 100, title="mug", price=5), terms=create)
    (made,) = await shop.write([first])
    (set_,) = await shop.write([part("late", ["price"], 300, price=8)])

    (again,) = await shop.write([first])
    (late,) = await shop.write([part("late", ["price"], 200, price=7)])
    (exists,) = await shop.write([replace(first, terms=replace(create, request="r2"))])
    stale = part("late", ["price"], price=9)
    (mismatch,) = await shop.write([replace(stale, terms=replace(stale.terms, etag=made.etag))])

    assert [Written(set_.etag), Written(set_.etag, superseded=True, superseded_paths=("price",))] == [
        again,
        late,
    ]
    assert [Reason.PRODUCT_EXISTS, Reason.ETAG_MISMATCH] == [exists.reason, mismatch.reason]
    assert 8 == Product.FromString((await shop.products(["late"]))["late"]).price.units


async def test_two_writers_on_one_product_leave_one_of_both(shared_shop):
    """At the same time: all rows are of one of them, and its etag is what is stored."""
    shop = shared_shop
    await shop.write([whole(shop, "both", {FUSED: [X], IMAGE: [X, X, X]}, title="mug", price=5)])
    writers = [
        shop.write(
            [whole(shop, "both", {FUSED: [(1, n, 0, 0)], IMAGE: [(1, n, 0, 0)] * (n % 3)}, title=f"t{n}")]
        )
        for n in range(5)
    ]
    fields = [shop.write([part("both", ["price"], price=n)]) for n in range(1, 5)]
    outcomes = [each for (each,) in await asyncio.gather(*writers, *fields)]

    rows = await rows_of(shop, "both")
    assert 1 == len({row.product for row in rows.values()})
    assert 1 == len({row.values.tobytes() for row in rows.values()})
    number = int(Product.FromString(rows[FUSED, 0].product).title[1:])
    assert {(FUSED, 0), *((IMAGE, view) for view in range(number % 3))} == rows.keys()
    assert rows[FUSED, 0].history.etag in {each.etag for each in outcomes}


async def test_a_strong_search_sees_a_write_at_once(milvus_connection, shop_of):
    """Also where the room is set to see less; filters, counts and neighbours alike."""
    directory = Directory(milvus_connection, memory_ms=5_000, hnsw_m=16, hnsw_ef_construction=200)
    index = MilvusIndex(milvus_connection, directory, search_ef=128, consistency="eventually")
    fields = MilvusFieldIndex(milvus_connection, directory, facts_of, consistency="eventually")
    shop = shop_of(index)
    stores = Stores(index, InMemoryLexicalIndex(), fields, facts_of)
    searcher = Searcher(stores)
    await shop.write([whole(shop, "a", {FUSED: [X]}, price=0)])
    for price in range(1, 6):
        await shop.write([part("a", ["price"], price=price)])
        query = SearchQuery(
            shop.catalog,
            FUSED,
            SimilarityMetric.COSINE,
            10,
            vector=shop.vector(FUSED, X),
            filter=f"price = {price}",
            facets=(FacetWish("price"),),
            counted=True,
            consistency=Consistency.STRONG,
        )
        found = await searcher.search(query)
        assert (["a"], 1, ((float(price), 1),)) == (
            [hit.id for hit in found.hits],
            found.total.number,
            found.facets[0].counts,
        )
