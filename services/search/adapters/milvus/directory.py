"""Which collection serves what; makes and loads collections."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import grpc
from pymilvus.grpc_gen.common_pb2 import ConsistencyLevel, KeyValuePair, LoadStateLoaded, SegmentState
from pymilvus.grpc_gen.milvus_pb2 import (
    AlterAliasRequest,
    AlterCollectionRequest,
    CheckHealthRequest,
    CreateAliasRequest,
    CreateCollectionRequest,
    CreateIndexRequest,
    DescribeCollectionRequest,
    DescribeIndexRequest,
    DropAliasRequest,
    DropCollectionRequest,
    GetLoadStateRequest,
    GetPersistentSegmentInfoRequest,
    GetQuerySegmentInfoRequest,
    LoadCollectionRequest,
    ShowCollectionsRequest,
)

from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.errors import COLLECTION_NOT_FOUND, MilvusRefusal
from services.search.adapters.milvus.schema import (
    DROPPED_PROPERTY,
    VECTOR,
    alias_of,
    catalog_of,
    collection_of,
    exhaustive_parameters,
    generation_of,
    index_parameters,
    is_generation,
    name_of,
    pairs,
    parse_name,
    properties_of,
    schema_of,
    whole_alias_of,
)
from services.search.core.locks import KeyedLocks
from services.search.core.model import Collection
from triptych.runtime.logs import log
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import FailedPrecondition, Unavailable
from triptych.vocabulary.vectors import Space

_LOAD_POLL_S = 0.05
_SEGMENTS_WAIT_S = 30.0


class Directory:
    """The collections of all catalogues.

    Args:
        connection: to Milvus.
        memory_ms: how long a collection is remembered, so that a search costs one call.
        hnsw_m, hnsw_ef_construction: how indexes are built.
    """

    def __init__(
        self, connection: MilvusConnection, *, memory_ms: int, hnsw_m: int, hnsw_ef_construction: int
    ) -> None:
        self._connection = connection
        self._memory_s = memory_ms / 1e3
        self._hnsw = (hnsw_m, hnsw_ef_construction)
        self._making = KeyedLocks()
        self._remembered: dict[str, tuple[float, Collection]] = {}
        self._segments_until: float | None = None

    async def remembered(self, catalog: str, kind: SpaceKind, generation: str = "") -> Collection | None:
        """Return the collection that served some moments ago, or else serves now; or that of a *generation*."""
        if kind is not SpaceKind.FUSED and not generation:
            record = await self.remembered(catalog, SpaceKind.FUSED)
            return record and await self.remembered(catalog, kind, record.generation)
        known = self._remembered.get(_alias(catalog, kind, generation))
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        return await self.find(catalog, kind, generation)

    async def find(self, catalog: str, kind: SpaceKind, generation: str = "") -> Collection | None:
        """Return the collection that serves now, or that of a *generation*; None where there is none that is whole."""
        if kind is not SpaceKind.FUSED and not generation:
            record = await self.find(catalog, SpaceKind.FUSED)
            return record and await self.find(catalog, kind, record.generation)
        if generation and not is_generation(generation):
            return None
        alias = _alias(catalog, kind, generation)
        collection = await self._describe(alias, catalog, kind)
        if collection is None:
            self._remembered.pop(alias, None)
        else:
            self._remembered[alias] = (time.monotonic() + self._memory_s, collection)
        return collection

    async def create(self, catalog: str, kind: SpaceKind, space: Space) -> Collection:
        """Make the collection, its index and its alias, as far as they are not there, and return it.

        The alias comes last: what can be found is whole. Only then may a catalogue that has none be served by it.
        """
        generation = generation_of(space)
        # One at a time: Milvus Lite shows a second caller what the first has only half made.
        async with self._making.holding([name_of(catalog, kind, generation)]):
            found = await self.find(catalog, kind, generation)
            made = found or await self._create(catalog, kind, space)
        if kind is SpaceKind.FUSED:
            await self._open(made)
        return made

    async def _create(self, catalog: str, kind: SpaceKind, space: Space) -> Collection:
        generation = generation_of(space)
        name = name_of(catalog, kind, generation)
        await self._make_collection(name, space, alias_of(catalog))
        await self._make_index(name, space)
        await self.load(name)
        # Milvus tells nobody when it is done: it has to be asked.
        while not await self.is_loaded(name):  # noqa: ASYNC110
            await asyncio.sleep(_LOAD_POLL_S)
        request = CreateAliasRequest(collection_name=name, alias=whole_alias_of(name))
        await self._make("CreateAlias", request, lambda: self.find(catalog, kind, generation))
        made = await self.find(catalog, kind, generation)
        if made is None:
            raise Unavailable.because_of("milvus")
        return made

    async def _open(self, record: Collection) -> None:
        """Let the generation of *record* serve where none does."""
        if await self.find(record.catalog, SpaceKind.FUSED) is None:
            request = CreateAliasRequest(collection_name=record.name, alias=alias_of(record.catalog))
            await self._make("CreateAlias", request, lambda: self.find(record.catalog, SpaceKind.FUSED))

    async def switch(self, record: Collection) -> None:
        """Let the generation of *record* serve in place of the one that does."""
        request = AlterAliasRequest(collection_name=record.name, alias=alias_of(record.catalog))
        await self._connection.call("AlterAlias", request)
        # So that searches through this process know at once.
        await self.find(record.catalog, SpaceKind.FUSED)

    async def drop_generation(self, catalog: str, generation: str) -> None:
        """Remove the collections of a *generation*, as far as they are there: that of the records last."""
        if not is_generation(generation):
            return
        for kind in sorted(SpaceKind, key=lambda each: each is SpaceKind.FUSED):
            await self._drop(name_of(catalog, kind, generation))

    async def alter(self, collection: Collection, properties: Sequence[KeyValuePair]) -> None:
        """Add *properties* to those of *collection*, or change them."""
        request = AlterCollectionRequest(collection_name=collection.name, properties=properties)
        await self._connection.call("AlterCollection", request)
        # So that searches through this process know at once.
        await self.find(collection.catalog, collection.kind, collection.generation)
        if collection.kind is SpaceKind.FUSED:
            await self.find(collection.catalog, collection.kind)

    async def load(self, name: str) -> None:
        """Start loading the collection *name*; harmless when it is loaded."""
        await self._connection.call(
            "LoadCollection", LoadCollectionRequest(collection_name=name, replica_number=1)
        )

    async def warm_up(self) -> list[Collection]:
        """Return every collection of every generation when all are loaded; start loading those that are not.

        Raises:
            Unavailable: not yet.
        """
        health = await self._connection.call("CheckHealth", CheckHealthRequest())
        if not health.isHealthy:
            raise Unavailable.because_of("milvus")
        collections = [*await self.collections(), *await self.collections(beside=True)]
        waiting = [each.name for each in collections if not await self.is_loaded(each.name)]
        for name in waiting:
            await self.load(name)
        if waiting or await self._lack_segments(collections):
            raise Unavailable.because_of("milvus")
        self._segments_until = None
        return collections

    async def collections(self, *, beside: bool = False) -> list[Collection]:
        """Return every collection that serves now, or is kept up *beside* one, by catalogue and kind."""
        shown = await self._connection.call("ShowCollections", ShowCollectionsRequest())
        ours = {parsed for name in shown.collection_names if (parsed := parse_name(name)) is not None}
        records = {
            catalog: await self._readable(catalog, SpaceKind.FUSED)
            for catalog in sorted({each for each, _, _ in ours})
        }
        found = [
            await self._readable(catalog, kind, generation)
            for catalog, kind, generation in sorted(ours)
            if (record := records[catalog]) is not None
            and generation == (record.other if beside else record.generation)
        ]
        return [collection for collection in found if collection is not None]

    async def unreadable(self) -> list[str]:
        """Return the catalogues of which there are collections, of whatever version, and none of records that can be read."""
        shown = await self._connection.call("ShowCollections", ShowCollectionsRequest())
        names = {catalog for name in shown.collection_names if (catalog := catalog_of(name)) is not None}
        return [each for each in sorted(names) if await self._readable(each, SpaceKind.FUSED) is None]

    async def drop(self, catalog: str) -> bool:
        """Remove all collections of the *catalog*, that of the records last; return whether there were any."""
        shown = await self._connection.call("ShowCollections", ShowCollectionsRequest())
        parsed = {name: parse_name(name) for name in shown.collection_names}
        ours = {
            name: kind for name, (of, kind, _) in ((n, p) for n, p in parsed.items() if p) if of == catalog
        }
        names = sorted(ours, key=lambda name: ours[name] is SpaceKind.FUSED)
        for name in names:
            await self._drop(name, alias_of(catalog))
        self._remembered.pop(alias_of(catalog), None)
        return bool(names)

    async def _drop(self, name: str, *aliases: str) -> None:
        """Remove the collection *name* with its aliases and those of *aliases* that are its own."""
        self._remembered.pop(whole_alias_of(name), None)
        try:
            described = await self._connection.call(
                "DescribeCollection", DescribeCollectionRequest(collection_name=name)
            )
            # Milvus drops none that is behind an alias. Should this break off after the alias is gone, the mark keeps the
            # rows from coming back with the next catalogue of the name.
            mark = AlterCollectionRequest(collection_name=name, properties=pairs(**{DROPPED_PROPERTY: 1}))
            await self._connection.call("AlterCollection", mark)
            # Milvus Lite does not tell the aliases.
            for alias in sorted({*described.aliases, *aliases, whole_alias_of(name)}):
                if await self._name_behind(alias) == name:
                    await self._connection.call("DropAlias", DropAliasRequest(alias=alias))
            await self._connection.call("DropCollection", DropCollectionRequest(collection_name=name))
        except MilvusRefusal as refusal:
            # Somebody else was faster.
            if refusal.code != COLLECTION_NOT_FOUND:
                raise

    async def _name_behind(self, alias: str) -> str:
        described = await self._described(alias)
        return "" if described is None else str(described.schema.name)

    async def _readable(self, catalog: str, kind: SpaceKind, generation: str = "") -> Collection | None:
        try:
            return await self.find(catalog, kind, generation)
        except FailedPrecondition as error:
            # One catalogue of another version does not keep the others from being served.
            log.warning("catalog_outdated", **error.metadata)
            return None

    async def _lack_segments(self, collections: Sequence[Collection]) -> bool:
        """Whether rows that Milvus has on disk are still on their way to where they are searched.

        After a restart Milvus calls a collection loaded, and answers without those rows, until they arrive. Which
        segments are to arrive is not always clear to it either, so this is not waited for longer than *_SEGMENTS_WAIT_S*.
        """
        if self._segments_until is None:
            self._segments_until = time.monotonic() + _SEGMENTS_WAIT_S
        if time.monotonic() > self._segments_until:
            return False
        return not all([await self._has_segments(each.name) for each in collections])

    async def _has_segments(self, name: str) -> bool:
        try:
            stored = await self._connection.call(
                "GetPersistentSegmentInfo", GetPersistentSegmentInfoRequest(collectionName=name)
            )
            loaded = await self._connection.call(
                "GetQuerySegmentInfo", GetQuerySegmentInfoRequest(collectionName=name)
            )
        except MilvusRefusal:
            return False
        except grpc.aio.AioRpcError as error:
            # Milvus Lite knows no segments.
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                return True
            raise
        wanted = {
            each.segmentID for each in stored.infos if each.state == SegmentState.Flushed and each.num_rows
        }
        return wanted <= {each.segmentID for each in loaded.infos}

    async def _describe(self, name: str, catalog: str, kind: SpaceKind) -> Collection | None:
        response = await self._described(name)
        if response is None:
            return None
        properties = {pair.key: pair.value for pair in response.properties}
        if DROPPED_PROPERTY in properties:
            return None
        return collection_of(catalog, kind, response.schema.name, properties)

    async def _described(self, name: str) -> Any | None:
        """Return what Milvus says of the collection *name*, or of that behind an alias; None where there is none."""
        try:
            return await self._connection.call(
                "DescribeCollection", DescribeCollectionRequest(collection_name=name)
            )
        except MilvusRefusal as refusal:
            if refusal.code == COLLECTION_NOT_FOUND:
                return None
            raise

    async def _make_collection(self, name: str, space: Space, *aliases: str) -> None:
        if await self._is_dropped(name):
            await self._drop(name, *aliases)
        request = CreateCollectionRequest(
            collection_name=name,
            schema=schema_of(name, space).SerializeToString(),
            consistency_level=ConsistencyLevel.Bounded,
            properties=properties_of(space),
        )
        await self._make("CreateCollection", request, lambda: self._has_collection(name))

    async def _is_dropped(self, name: str) -> bool:
        """Return whether a removal of the collection *name* broke off."""
        described = await self._described(name)
        return described is not None and any(pair.key == DROPPED_PROPERTY for pair in described.properties)

    async def _make_index(self, name: str, space: Space) -> None:
        is_exhaustive = self._connection.is_exhaustive
        parameters = exhaustive_parameters(space) if is_exhaustive else index_parameters(space, *self._hnsw)
        request = CreateIndexRequest(
            collection_name=name,
            field_name=VECTOR,
            index_name=VECTOR,
            extra_params=parameters,
        )
        await self._make("CreateIndex", request, lambda: self._has_index(name))

    async def _make(self, method: str, request: object, is_made: Callable[[], Awaitable[object]]) -> None:
        """Call *method*; a refusal is fine if the thing is there: another writer was faster."""
        try:
            await self._connection.call(method, request)
        except MilvusRefusal:
            if not await is_made():
                raise

    async def _has_collection(self, name: str) -> bool:
        await self._connection.call("DescribeCollection", DescribeCollectionRequest(collection_name=name))
        return True

    async def _has_index(self, name: str) -> bool:
        request = DescribeIndexRequest(collection_name=name, field_name=VECTOR, index_name=VECTOR)
        return bool((await self._connection.call("DescribeIndex", request)).index_descriptions)

    async def is_loaded(self, name: str) -> bool:
        """Return whether the collection *name* can be read."""
        response = await self._connection.call("GetLoadState", GetLoadStateRequest(collection_name=name))
        return bool(response.state == LoadStateLoaded)


def _alias(catalog: str, kind: SpaceKind, generation: str) -> str:
    """Return the alias of what serves, or of what is whole in a *generation*."""
    return whole_alias_of(name_of(catalog, kind, generation)) if generation else alias_of(catalog)
