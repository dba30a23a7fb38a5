"""Milvus's HNSW index against the exact comparison in memory."""

import asyncio

import numpy as np
import pytest
from pymilvus.grpc_gen.milvus_pb2 import DescribeIndexRequest, FlushRequest

from services.search.core.filters.parse import parse
from services.search.core.model import Facts, RowKey
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind

FUSED = SpaceKind.FUSED
COSINE, EUCLIDEAN = SimilarityMetric.COSINE, SimilarityMetric.EUCLIDEAN
PRODUCTS, DIMENSION, QUERIES = 1500, 32, 50

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("metrics", "unit_length"), [((COSINE, EUCLIDEAN), True), ((EUCLIDEAN,), False)], ids=["unit", "raw"]
)
async def test_hnsw_finds_what_the_exact_comparison_finds(
    milvus_connection, milvus_shop, exact_shop, metrics, unit_length
):
    """Recall@10 is at least 0.95, and what both find is equally near to 1e-4."""
    options = {"dimension": DIMENSION, "metric": metrics[0], "unit_length": unit_length}
    shops = [milvus_shop(**options), exact_shop(**options)]
    random = np.random.default_rng(7)
    products = random.normal(size=(PRODUCTS, DIMENSION))
    for shop in shops:
        await fill(shop, products)
    await indexed(milvus_connection, await shops[0].index.collection(shops[0].catalog, FUSED))

    for metric in metrics:
        recalls = []
        for query in random.normal(size=(QUERIES, DIMENSION)):
            found, exact = [await similarities(shop, query, metric) for shop in shops]
            common = found.keys() & exact.keys()
            recalls.append(len(common) / 10)
            assert {each: exact[each] for each in common} == pytest.approx(
                {each: found[each] for each in common}, abs=1e-4
            )
        assert np.mean(recalls) >= 0.95


@pytest.fixture(params=["milvus_connection", "lite_connection"])
def connection(request):
    """Each engine in turn."""
    return request.getfixturevalue(request.param)


async def test_what_few_products_pass_is_found_among_many(connection, shop_over):
    """A filter that a hundredth passes finds the best of that hundredth, in an index that holds them all.

    So are those that are named by their keys, each of them.
    """
    shop = shop_over(connection)
    random = np.random.default_rng(7)
    products = random.normal(size=(PRODUCTS, 4))
    records = [
        shop.record(f"p{n}", {FUSED: [values]}, facts=Facts(popularity=n % 100))
        for n, values in enumerate(products)
    ]
    for start in range(0, PRODUCTS, 100):
        await shop.write(records[start : start + 100])
    collection = await shop.index.collection(shop.catalog, FUSED)
    await indexed(connection, collection)

    for query in random.normal(size=(QUERIES, 4)).astype(np.float32):
        keys = [RowKey(f"p{n}", 0) for n in random.choice(PRODUCTS, 20, replace=False)]
        assert set(keys) == (await shop.index.compare(collection, query, keys)).keys()
        passing = [n for n in range(PRODUCTS) if n % 100 == 7]
        cosines = products @ query / np.linalg.norm(products, axis=1)
        best = sorted(passing, key=lambda n: -cosines[n])[:5]
        among = parse("popularity = 7", {})
        found = await shop.index.nearest(collection, query, 5, with_vectors=False, among=among)
        assert [f"p{n}" for n in best] == [each.row.key.product_id for each in found]


async def similarities(shop, query, metric):
    found = await shop.search(FUSED, query, metric)
    return {hit.id: hit.similarity for hit in found.hits}


async def fill(shop, products):
    records = [shop.record(f"p{n}", {FUSED: [values]}) for n, values in enumerate(products)]
    for start in range(0, len(records), 100):
        await shop.write(records[start : start + 100])


async def indexed(connection, collection):
    """Wait until every row is in the HNSW index: rows still growing are compared one by one."""
    await connection.call("Flush", FlushRequest(collection_names=[collection.name]))
    request = DescribeIndexRequest(collection_name=collection.name)
    async with asyncio.timeout(120):
        while True:
            (described,) = (await connection.call("DescribeIndex", request)).index_descriptions
            if described.indexed_rows >= PRODUCTS:
                return
            await asyncio.sleep(0.5)
