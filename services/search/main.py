"""The search service, put together: settings → adapter → core → servicer → server."""

from contextlib import AsyncExitStack

from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.directory import Directory
from services.search.adapters.milvus.index import MilvusIndex
from services.search.core.keeper import Keeper
from services.search.core.ports import VectorIndex
from services.search.core.searcher import Searcher
from services.search.service import SearchServicer
from services.search.settings import SearchSettings
from triptych.internal.v1.search_service_pb2_grpc import add_SearchServiceServicer_to_server
from triptych.runtime.serve import Room, Service, run


def open_index(settings: SearchSettings, stack: AsyncExitStack) -> MilvusIndex:
    """Return the index in the Milvus of *settings*; its connection is closed with *stack*."""
    connection = MilvusConnection(
        settings.milvus_uri,
        token=settings.milvus_token.get_secret_value(),
        database=settings.milvus_database,
    )
    stack.push_async_callback(connection.close)
    directory = Directory(
        connection,
        memory_ms=settings.collection_memory_ms,
        hnsw_m=settings.hnsw_m,
        hnsw_ef_construction=settings.hnsw_ef_construction,
    )
    return MilvusIndex(connection, directory, search_ef=settings.search_ef, consistency=settings.consistency)


def room_of(index: VectorIndex) -> Room:
    """Return the room that keeps and finds products in *index*."""
    servicer = SearchServicer(Searcher(index), Keeper(index))
    service = Service("triptych.internal.v1.SearchService", add_SearchServiceServicer_to_server, servicer)
    return Room("search", (service,), warm_up=index.warm_up, check=index.ping)


def main() -> None:
    """Serve until SIGTERM."""
    settings = SearchSettings()
    run("search", settings, lambda stack: room_of(open_index(settings, stack)))


if __name__ == "__main__":
    main()
