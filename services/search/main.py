"""The search service, put together: settings → adapter → core → servicer → server."""

from contextlib import AsyncExitStack
from typing import TypeAlias

from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.directory import Directory
from services.search.adapters.milvus.fields import MilvusFieldIndex
from services.search.adapters.milvus.index import MilvusIndex
from services.search.adapters.milvus.lexical.collections import WordsCollections
from services.search.adapters.milvus.lexical.index import MilvusLexicalIndex
from services.search.adapters.products import PackedProducts
from services.search.adapters.sqlite.fields import SqliteFieldIndex
from services.search.adapters.sqlite.lexical import SqliteLexicalIndex
from services.search.adapters.sqlite.store import SqliteStore
from services.search.core.backfilling import Backfilling
from services.search.core.catalogs import Catalogs
from services.search.core.census import Census
from services.search.core.checking import Checker
from services.search.core.keeper import Keeper
from services.search.core.listing import Listing
from services.search.core.locks import ProductLocks
from services.search.core.ports.fields import FieldIndex
from services.search.core.ports.vectors import VectorIndex
from services.search.core.ports.words import LexicalIndex
from services.search.core.refill import Refill
from services.search.core.searcher import Searcher
from services.search.core.sentinel import Sentinel
from services.search.core.stores import Stores
from services.search.core.upgrading import Upgrading
from services.search.metrics import observe_census, observe_sentinel
from services.search.service import SearchServicer
from services.search.service_generations import GenerationServicer
from services.search.settings import SearchSettings
from services.search.translate_catalogs import views_of
from services.search.translate_facts import facts_of
from triptych.internal.v1.generation_service_pb2_grpc import add_GenerationServiceServicer_to_server
from triptych.internal.v1.search_service_pb2_grpc import add_SearchServiceServicer_to_server
from triptych.runtime.logs import log
from triptych.runtime.serve import Room, Service, run
from triptych.runtime.stores import watch_store

Opened: TypeAlias = tuple[VectorIndex, LexicalIndex, FieldIndex]


def open_stores(settings: SearchSettings, stack: AsyncExitStack) -> Opened:
    """Return what *settings* say products are kept in; it is closed with *stack*."""
    connection = MilvusConnection(
        settings.milvus_uri,
        token=settings.milvus_token.get_secret_value(),
        database=settings.milvus_database,
        tls=settings.milvus_tls,
    )
    stack.push_async_callback(connection.close)
    directory = Directory(
        connection,
        memory_ms=settings.collection_memory_ms,
        hnsw_m=settings.hnsw_m,
        hnsw_ef_construction=settings.hnsw_ef_construction,
    )
    fresh = settings.consistency
    index = MilvusIndex(connection, directory, search_ef=settings.search_ef, consistency=fresh)
    if settings.lexical == "milvus":
        words = MilvusLexicalIndex(connection, WordsCollections(connection), consistency=fresh)
        return index, words, MilvusFieldIndex(connection, directory, facts_of, consistency=fresh)
    store = SqliteStore(settings.lexical_path)
    stack.push_async_callback(store.close)
    watch_store("words", settings.lexical_path)
    return index, SqliteLexicalIndex(store), SqliteFieldIndex(store)


def room_of(
    index: VectorIndex, words: LexicalIndex, fields: FieldIndex, sentinel: Sentinel | None = None
) -> Room:
    """Return the room that keeps and finds products in *index*, by their *words* and *fields* too."""
    locks = ProductLocks()
    refill = Refill(index, words, locks, facts_of, _report)

    async def warm_up() -> None:
        await index.warm_up()
        await words.warm_up()
        await refill.run()

    stores = Stores(index, words, fields, facts_of)
    servicer = SearchServicer(
        Searcher(stores),
        Keeper(index, words, PackedProducts(), locks),
        Catalogs(index, words, locks),
        Listing(stores),
        Checker(stores, locks, views_of),
        sentinel,
    )
    service = Service("triptych.internal.v1.SearchService", add_SearchServiceServicer_to_server, servicer)
    generations = Service(
        "triptych.internal.v1.GenerationService",
        add_GenerationServiceServicer_to_server,
        GenerationServicer(Upgrading(index, locks), Backfilling(index, locks)),
    )
    return Room("search", (service, generations), warm_up=warm_up, check=index.ping)


def build(stack: AsyncExitStack, settings: SearchSettings) -> Room:
    """Return the search room; what it opens closes with *stack*."""
    index, words, fields = open_stores(settings, stack)
    census = Census(index, observe_census, settings.count_interval_s)
    census.start()
    stack.push_async_callback(census.stop)
    sentinel = Sentinel(
        Stores(index, words, fields, facts_of),
        observe_sentinel,
        share=settings.sentinel_share,
        rows_max=settings.sentinel_rows_max,
    )
    sentinel.start()
    stack.push_async_callback(sentinel.stop)
    return room_of(index, words, fields, sentinel)


def _report(catalog: str, products: int) -> None:
    log.info("lexical index filled from the record", catalog=catalog, products=products)


def main() -> None:
    """Serve until SIGTERM."""
    run("search", SearchSettings, build)


if __name__ == "__main__":
    main()
