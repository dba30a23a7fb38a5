"""An index that finds too little is seen: from Milvus over the sentinel and Prometheus to the alert."""

import asyncio
from contextlib import contextmanager

import numpy as np
import pytest
from prometheus_client import start_http_server

from services.search.adapters.in_memory_lexical import InMemoryFieldIndex, InMemoryLexicalIndex
from services.search.adapters.milvus.directory import Directory
from services.search.adapters.milvus.index import MilvusIndex
from services.search.core.query import SearchQuery
from services.search.core.sentinel import Sentinel
from services.search.core.stores import Stores
from services.search.metrics import observe_sentinel
from services.search.translate_facts import facts_of
from tests.integration.services.search.test_recall import COSINE, DIMENSION, FUSED, PRODUCTS, fill, indexed
from tests.prometheus import watching

# The alert asks for at least 200 rows that should be found: ten of each search.
SEARCHES = 40
COUNTED = "query?query=count_over_time(triptych_search_sentinel_expected_total%5B1m%5D)"


@contextmanager
def shown():
    """Show what this process counts; yields the target."""
    server, thread = start_http_server(0, addr="127.0.0.1")
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def an_increase_would_be_seen(prometheus) -> bool:
    """Whether the series is known from two scrapes."""
    return any(int(each["value"][1]) >= 2 for each in prometheus.get(COUNTED)["result"])


@pytest.mark.slow
async def test_an_index_that_was_built_badly_raises_the_alert(milvus_connection, shop_of, tmp_path):
    """Of HNSW with hardly any links, searched in haste; before the searches no alert on recall fires."""
    directory = Directory(milvus_connection, memory_ms=5_000, hnsw_m=2, hnsw_ef_construction=1)
    index = MilvusIndex(milvus_connection, directory, search_ef=1, consistency="bounded")
    shop = shop_of(index, dimension=DIMENSION)
    random = np.random.default_rng(7)
    await fill(shop, random.normal(size=(PRODUCTS, DIMENSION)))
    await indexed(milvus_connection, await index.collection(shop.catalog, FUSED))
    words = InMemoryLexicalIndex()
    stores = Stores(index, words, InMemoryFieldIndex(words), facts_of)
    sentinel = Sentinel(stores, observe_sentinel, share=1.0, rows_max=10_000)

    async def look(times):
        for values in random.normal(size=(times, DIMENSION)):
            query = SearchQuery(shop.catalog, FUSED, COSINE, 10, vector=shop.vector(FUSED, values))
            await sentinel.look(query)

    with shown() as target:
        job = {"job_name": "triptych-search", "static_configs": [{"targets": [target]}]}
        with watching({"scrape_configs": [job]}, tmp_path) as prometheus:
            await look(1)
            await asyncio.to_thread(prometheus.wait, an_increase_would_be_seen, 30)
            before = prometheus.firing()
            await look(SEARCHES)
            await asyncio.to_thread(prometheus.wait, lambda it: "TriptychRecallLow" in it.firing(), 45)

    assert "TriptychRecallLow" not in before
