"""Which collection serves what."""

import time
from collections.abc import Sequence

from pymilvus.grpc_gen.common_pb2 import KeyValuePair
from pymilvus.grpc_gen.milvus_pb2 import (
    AlterAliasRequest,
    AlterCollectionRequest,
    CheckHealthRequest,
    ShowCollectionsRequest,
)

from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.describing import described, properties_in
from services.search.adapters.milvus.loading import Loader
from services.search.adapters.milvus.making import Maker
from services.search.adapters.milvus.schema import (
    DROPPED_PROPERTY,
    alias_of,
    catalog_of,
    collection_of,
    generation_of,
    is_generation,
    name_of,
    parse_name,
    whole_alias_of,
)
from services.search.core.locks import KeyedLocks
from services.search.core.model import Collection
from triptych.runtime.logs import log
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import FailedPrecondition, Unavailable
from triptych.vocabulary.vectors import Space


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
        self._loader = Loader(connection)
        self._maker = Maker(
            connection, self._loader, hnsw_m=hnsw_m, hnsw_ef_construction=hnsw_ef_construction
        )
        self._making = KeyedLocks()
        self._remembered: dict[str, tuple[float, Collection]] = {}

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
        await self._maker.make(name_of(catalog, kind, generation), space, alias_of(catalog))
        made = await self.find(catalog, kind, generation)
        if made is None:
            raise Unavailable.because_of("milvus")
        return made

    async def _open(self, record: Collection) -> None:
        """Let the generation of *record* serve where none does."""
        if await self.find(record.catalog, SpaceKind.FUSED) is None:
            await self._maker.make_alias(record.name, alias_of(record.catalog))
            if await self.find(record.catalog, SpaceKind.FUSED) is None:
                raise Unavailable.because_of("milvus")

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

    async def warm_up(self) -> list[Collection]:
        """Return every collection of every generation when all are loaded; start loading those that are not.

        Raises:
            Unavailable: not yet.
        """
        health = await self._connection.call("CheckHealth", CheckHealthRequest())
        if not health.isHealthy:
            raise Unavailable.because_of("milvus")
        collections = [*await self.collections(), *await self.collections(beside=True)]
        names = [each.name for each in collections]
        await self._loader.start_missing(names)
        await self._loader.check_segments(names)
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
        """Remove all collections of the *catalog*; return whether there were any.

        That of the records goes last, and of several that of the generation that serves: where this breaks off, no
        generation is left whole that the next catalogue of the name could begin with.
        """
        serving = await described(self._connection, alias_of(catalog))
        record = "" if serving is None else serving.schema.name
        shown = await self._connection.call("ShowCollections", ShowCollectionsRequest())
        parsed = {name: of for name in shown.collection_names if (of := parse_name(name)) is not None}
        ours = {name: kind for name, (of, kind, _) in parsed.items() if of == catalog}
        names = sorted(ours, key=lambda name: (ours[name] is SpaceKind.FUSED, name == record))
        for name in names:
            await self._drop(name, alias_of(catalog))
        self._remembered.pop(alias_of(catalog), None)
        return bool(names)

    async def _drop(self, name: str, *aliases: str) -> None:
        self._remembered.pop(whole_alias_of(name), None)
        await self._maker.remove(name, *aliases)

    async def _readable(self, catalog: str, kind: SpaceKind, generation: str = "") -> Collection | None:
        try:
            return await self.find(catalog, kind, generation)
        except FailedPrecondition as error:
            # One catalogue of another version does not keep the others from being served.
            log.warning("catalog_outdated", **error.metadata)
            return None

    async def _describe(self, name: str, catalog: str, kind: SpaceKind) -> Collection | None:
        response = await described(self._connection, name)
        if response is None:
            return None
        properties = properties_in(response)
        if DROPPED_PROPERTY in properties:
            return None
        return collection_of(catalog, kind, response.schema.name, properties)


def _alias(catalog: str, kind: SpaceKind, generation: str) -> str:
    """Return the alias of what serves, or of what is whole in a *generation*."""
    return whole_alias_of(name_of(catalog, kind, generation)) if generation else alias_of(catalog)
