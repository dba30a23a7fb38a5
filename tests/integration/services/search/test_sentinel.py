"""The recall sentinel over a real HNSW index, built well and built badly, with a real Prometheus looking on."""

import asyncio

import numpy as np
import pytest
from prometheus_client import start_http_server
from pymilvus.grpc_gen.milvus_pb2 import FlushRequest, GetQuerySegmentInfoRequest

from services.search.adapters.in_memory_lexical import InMemoryFieldIndex, InMemoryLexicalIndex
from services.search.adapters.milvus.directory import Directory
from services.search.adapters.milvus.index import MilvusIndex
from services.search.core.query import SearchQuery
from services.search.core.sentinel import Outcome, Sentinel
from services.search.core.stores import Stores
from services.search.metrics import observe_sentinel
from services.search.translate_facts import facts_of
from tests.prometheus import watching
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind

FUSED = SpaceKind.FUSED
PRODUCTS, DIMENSION = 2000, 32
# The alert wants to have seen 200 of the nearest rows.
LOOKS = 25
ALERT = "TriptychRecallLow"

pytestmark = pytest.mark.slow


@pytest.fixture
def prometheus(tmp_path):
    """One that scrapes this process as it would a search room."""
    server, thread = start_http_server(0, addr="127.0.0.1")
    target = {"targets": [f"127.0.0.1:{server.server_port}"]}
    config = {"scrape_configs": [{"job_name": "triptych-search", "static_configs": [target]}]}
    with watching(config, tmp_path) as running:
        running.wait(lambda it: it.get("query?query=triptych_search_sentinel_expected_total")["result"], 30)
        yield running
    server.shutdown()
    server.server_close()
    thread.join()


async def searched_by_hnsw(connection, collection):
    """Wait until searches go through HNSW: before, Milvus has an index of its own for new rows."""
    await connection.call("Flush", FlushRequest(collection_names=[collection.name]))
    request = GetQuerySegmentInfoRequest(collectionName=collection.name)
    async with asyncio.timeout(120):
        while True:
            segments = (await connection.call("GetQuerySegmentInfo", request)).infos
            if segments and all(each.index_name for each in segments):
                return
            await asyncio.sleep(0.5)


async def looked(connection, shop_of, m, ef_construction, ef):
    """What the sentinel says of some searches in an index that was built and is searched like that."""
    directory = Directory(connection, memory_ms=5_000, hnsw_m=m, hnsw_ef_construction=ef_construction)
    index = MilvusIndex(connection, directory, search_ef=ef, consistency="bounded")
    shop = shop_of(index, dimension=DIMENSION)
    random = np.random.default_rng(7)
    records = [
        shop.record(f"p{n}", {FUSED: [values]})
        for n, values in enumerate(random.normal(size=(PRODUCTS, DIMENSION)))
    ]
    for start in range(0, PRODUCTS, 100):
        await shop.write(records[start : start + 100])
    await searched_by_hnsw(connection, await index.collection(shop.catalog, FUSED))
    verdicts, words = [], InMemoryLexicalIndex()

    def report(kind, outcome, verdict):
        observe_sentinel(kind, outcome, verdict)
        verdicts.append((kind, outcome, verdict.expected, verdict.missed))

    stores = Stores(index, words, InMemoryFieldIndex(words), facts_of)
    sentinel = Sentinel(stores, report, share=1.0, rows_max=10_000)
    for values in random.normal(size=(LOOKS, DIMENSION)):
        vector = shop.vector(FUSED, values)
        await sentinel.look(SearchQuery(shop.catalog, FUSED, SimilarityMetric.COSINE, 10, vector=vector))
    assert {(FUSED, Outcome.COMPARED, 10)} == {each[:3] for each in verdicts}
    return 1 - sum(missed for *_, missed in verdicts) / (10 * LOOKS)


async def test_a_bad_index_is_noticed(milvus_connection, shop_of, prometheus):
    """Built with hardly any links and searched in haste: recall is low, and the alert fires, as it did not before."""
    assert ALERT not in prometheus.firing()
    recall = await looked(milvus_connection, shop_of, m=2, ef_construction=1, ef=1)

    assert recall < 0.8
    await asyncio.to_thread(prometheus.wait, lambda it: ALERT in it.firing(), 30)


async def test_a_good_index_is_not_blamed(milvus_connection, shop_of):
    """As it is built and searched by default hardly anything is missed."""
    recall = await looked(milvus_connection, shop_of, m=16, ef_construction=200, ef=128)

    assert recall >= 0.95
