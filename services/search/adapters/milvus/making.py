"""Collections made with their indexes, and removed."""

from collections.abc import Awaitable, Callable, Sequence

from pymilvus.grpc_gen.common_pb2 import ConsistencyLevel, KeyValuePair
from pymilvus.grpc_gen.milvus_pb2 import (
    AlterCollectionRequest,
    CreateAliasRequest,
    CreateCollectionRequest,
    CreateIndexRequest,
    DescribeIndexRequest,
    DropAliasRequest,
    DropCollectionRequest,
)
from pymilvus.grpc_gen.schema_pb2 import CollectionSchema

from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.describing import described, properties_in
from services.search.adapters.milvus.errors import COLLECTION_NOT_FOUND, MilvusRefusal
from services.search.adapters.milvus.loading import Loader
from services.search.adapters.milvus.schema import (
    DROPPED_PROPERTY,
    VECTOR,
    exhaustive_parameters,
    index_parameters,
    pairs,
    properties_of,
    schema_of,
    whole_alias_of,
)
from triptych.vocabulary.vectors import Space


class Maker:
    """Makes and removes collections.

    Args:
        connection: to Milvus.
        loader: of its collections.
        hnsw_m, hnsw_ef_construction: how indexes are built.
    """

    def __init__(
        self, connection: MilvusConnection, loader: Loader, *, hnsw_m: int, hnsw_ef_construction: int
    ) -> None:
        self._connection = connection
        self._loader = loader
        self._hnsw = (hnsw_m, hnsw_ef_construction)

    async def make(self, name: str, space: Space, *aliases: str) -> None:
        """Make the collection *name*, its index and its alias, as far as they are not there: the alias last.

        What a removal left half done is removed first, with those of *aliases* that are its own.
        """
        await self._make_collection(name, space, *aliases)
        is_exhaustive = self._connection.is_exhaustive
        parameters = exhaustive_parameters(space) if is_exhaustive else index_parameters(space, *self._hnsw)
        await make_index(self._connection, name, VECTOR, parameters)
        await self._loader.load(name)
        await self.make_alias(name, whole_alias_of(name))

    async def make_alias(self, name: str, alias: str) -> None:
        """Let *alias* stand for the collection *name*, where it stands for none."""
        request = CreateAliasRequest(collection_name=name, alias=alias)
        await _unless_made(
            self._connection, "CreateAlias", request, lambda: _is_there(self._connection, alias)
        )

    async def remove(self, name: str, *aliases: str) -> None:
        """Remove the collection *name* with its aliases and those of *aliases* that are its own."""
        response = await described(self._connection, name)
        if response is None:
            return
        try:
            # Milvus drops none that is behind an alias. Should this break off after the alias is gone, the mark keeps the
            # rows from coming back with the next catalogue of the name.
            mark = AlterCollectionRequest(collection_name=name, properties=pairs(**{DROPPED_PROPERTY: 1}))
            await self._connection.call("AlterCollection", mark)
            # Milvus Lite does not tell the aliases.
            for alias in sorted({*response.aliases, *aliases, whole_alias_of(name)}):
                if await self._name_behind(alias) == name:
                    await self._connection.call("DropAlias", DropAliasRequest(alias=alias))
            await self._connection.call("DropCollection", DropCollectionRequest(collection_name=name))
        except MilvusRefusal as refusal:
            # Somebody else was faster.
            if refusal.code != COLLECTION_NOT_FOUND:
                raise

    async def _name_behind(self, alias: str) -> str:
        response = await described(self._connection, alias)
        return "" if response is None else str(response.schema.name)

    async def _make_collection(self, name: str, space: Space, *aliases: str) -> None:
        response = await described(self._connection, name)
        if response is not None and DROPPED_PROPERTY in properties_in(response):
            await self.remove(name, *aliases)
        await make_collection(self._connection, schema_of(name, space), properties_of(space))


async def make_collection(
    connection: MilvusConnection, schema: CollectionSchema, properties: Sequence[KeyValuePair] = ()
) -> None:
    """Make the collection that *schema* describes, if it is not there."""
    request = CreateCollectionRequest(
        collection_name=schema.name,
        schema=schema.SerializeToString(),
        consistency_level=ConsistencyLevel.Bounded,
        properties=properties,
    )
    await _unless_made(connection, "CreateCollection", request, lambda: _is_there(connection, schema.name))


async def make_index(
    connection: MilvusConnection, name: str, field: str, parameters: Sequence[KeyValuePair]
) -> None:
    """Make the index over *field* of the collection *name*, if it is not there."""
    request = CreateIndexRequest(
        collection_name=name, field_name=field, index_name=field, extra_params=parameters
    )
    await _unless_made(connection, "CreateIndex", request, lambda: _has_index(connection, name, field))


async def _unless_made(
    connection: MilvusConnection, method: str, request: object, is_made: Callable[[], Awaitable[bool]]
) -> None:
    """Call *method*; a refusal is fine if the thing is there: another writer was faster."""
    try:
        await connection.call(method, request)
    except MilvusRefusal:
        if not await is_made():
            raise


async def _is_there(connection: MilvusConnection, name: str) -> bool:
    return await described(connection, name) is not None


async def _has_index(connection: MilvusConnection, name: str, field: str) -> bool:
    request = DescribeIndexRequest(collection_name=name, field_name=field, index_name=field)
    return bool((await connection.call("DescribeIndex", request)).index_descriptions)
