"""The `CollectionStore` port in Milvus."""

from services.search.adapters.milvus.directory import Directory
from services.search.adapters.milvus.errors import map_milvus_errors
from services.search.adapters.milvus.schema import (
    CALIBRATION_PROPERTY,
    OTHER_PROPERTY,
    UPGRADE_PROPERTY,
    attribute_properties,
    pairs,
)
from services.search.core.model import Attributes, Collection
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.vectors import Space


class MilvusCollections:
    """Implements `CollectionStore` by a *directory*, whose errors it translates."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def collection(
        self, catalog: str, kind: SpaceKind, *, generation: str = "", fresh: bool = False
    ) -> Collection | None:
        """Return the collection behind the alias."""
        with map_milvus_errors():
            find = self._directory.find if fresh else self._directory.remembered
            return await find(catalog, kind, generation)

    async def create(self, catalog: str, kind: SpaceKind, space: Space) -> Collection:
        """Make the collection, index it, load it, and put it behind its alias."""
        with map_milvus_errors():
            return await self._directory.create(catalog, kind, space)

    async def add_attributes(self, collection: Collection, attributes: Attributes) -> None:
        """Keep *attributes* in the collection's properties."""
        with map_milvus_errors():
            await self._directory.alter(collection, attribute_properties(attributes))

    async def set_calibration(self, collection: Collection, calibration: str) -> None:
        """Keep *calibration* in the collection's properties."""
        await self._set(collection, CALIBRATION_PROPERTY, calibration)

    async def set_other(self, collection: Collection, generation: str) -> None:
        """Keep *generation* in the collection's properties."""
        await self._set(collection, OTHER_PROPERTY, generation)

    async def set_upgrade(self, collection: Collection, record: str) -> None:
        """Keep *record* in the collection's properties."""
        await self._set(collection, UPGRADE_PROPERTY, record)

    async def switch(self, collection: Collection) -> None:
        """Move the alias of the catalogue."""
        with map_milvus_errors():
            await self._directory.switch(collection)

    async def drop_generation(self, catalog: str, generation: str) -> None:
        """Drop the collections, that of the records last."""
        with map_milvus_errors():
            await self._directory.drop_generation(catalog, generation)

    async def catalogs(self) -> list[Collection]:
        """Return every collection that serves."""
        with map_milvus_errors():
            return await self._directory.collections()

    async def unreadable(self) -> list[str]:
        """Return catalogues of which Milvus has collections, and none of records that can be read."""
        with map_milvus_errors():
            return await self._directory.unreadable()

    async def drop(self, catalog: str) -> bool:
        """Drop the aliases and the collections."""
        with map_milvus_errors():
            return await self._directory.drop(catalog)

    async def _set(self, collection: Collection, name: str, value: str) -> None:
        with map_milvus_errors():
            await self._directory.alter(collection, pairs(**{name: value}))
