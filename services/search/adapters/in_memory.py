"""Vectors in this process's memory, compared one by one: exact, small, and gone when the process ends.

The yardstick that the Milvus adapter is tested against.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.search.core.attributes import merged
from services.search.core.checks import catalog_not_found
from services.search.core.filters.evaluate import evaluate
from services.search.core.filters.model import Filter
from services.search.core.model import Attributes, Collection, Facts, Neighbour, Row, RowKey
from services.search.core.sampling import drawn, vectors_of
from services.search.core.similarity import order_of, similarities
from triptych.vocabulary.choices import Consistency, SpaceKind
from triptych.vocabulary.vectors import Floats, Space


class InMemoryIndex:
    """Implements `VectorIndex`."""

    rows_max = 16_384

    def __init__(self) -> None:
        self._collections: dict[tuple[str, SpaceKind, str], Collection] = {}
        self._serving: dict[str, str] = {}
        self._rows: dict[str, dict[RowKey, Row]] = {}

    def seeing(self, consistency: Consistency) -> "InMemoryIndex":  # noqa: ARG002 - always sees all
        """Return this one."""
        return self

    def hurried(self) -> "InMemoryIndex":
        """Return this one: it always looks at all."""
        return self

    async def collection(
        self,
        catalog: str,
        kind: SpaceKind,
        *,
        generation: str = "",
        fresh: bool = False,  # noqa: ARG002 - always fresh
    ) -> Collection | None:
        """Return the collection of the *kind* of the *catalog*."""
        return self._collections.get((catalog, kind, generation or self._serving.get(catalog, "")))

    async def create(self, catalog: str, kind: SpaceKind, space: Space) -> Collection:
        """Make the collection if it is not there."""
        generation = space.pack
        name = f"{catalog}__{kind.name.lower()}__{generation}"
        made = Collection(name, catalog, kind, space, generation=generation)
        collection = self._collections.setdefault((catalog, kind, generation), made)
        self._rows.setdefault(collection.name, {})
        if kind is SpaceKind.FUSED:
            self._serving.setdefault(catalog, generation)
        return collection

    async def upsert(self, collection: Collection, rows: Sequence[Row]) -> None:
        """Write *rows*."""
        self._table(collection).update((row.key, row) for row in rows)

    async def delete(self, collection: Collection, keys: Sequence[RowKey]) -> None:
        """Remove the rows of *keys*."""
        for key in keys:
            self._table(collection).pop(key, None)

    async def read(
        self,
        collection: Collection,
        keys: Sequence[RowKey],
        *,
        with_vectors: bool,
        fresh: bool = True,  # noqa: ARG002 - always fresh
    ) -> list[Row]:
        """Return the rows of *keys* that exist."""
        table = self._table(collection)
        return [_shown(table[key], with_vectors=with_vectors) for key in keys if key in table]

    async def existing(self, collection: Collection, keys: Sequence[RowKey]) -> set[RowKey]:
        """Return those of *keys* that exist."""
        return self._table(collection).keys() & set(keys)

    async def keys_after(
        self, collection: Collection, key: RowKey | None, limit: int, *, among: Filter | None = None
    ) -> list[RowKey]:
        """Return the next keys in order."""
        passing = (
            each.key for each in self._table(collection).values() if among is None or _passes(each, among)
        )
        return sorted(each for each in passing if key is None or each > key)[:limit]

    async def count(self, collection: Collection) -> int:
        """Count the rows."""
        return len(self._table(collection))

    async def nearest(
        self,
        collection: Collection,
        query: Floats,
        limit: int,
        *,
        with_vectors: bool,
        among: Filter | None = None,
        with_products: bool = True,
    ) -> list[Neighbour]:
        """Return the *limit* nearest rows."""
        rows = [row for row in self._table(collection).values() if among is None or _passes(row, among)]
        if not rows:
            return []
        near = _similarities(rows, query, collection.space)
        return [
            Neighbour(
                _shown(rows[place], with_vectors=with_vectors, with_product=with_products), float(near[place])
            )
            for place in order_of(near, collection.space)[:limit]
        ]

    async def compare(
        self, collection: Collection, query: Floats, keys: Sequence[RowKey]
    ) -> dict[RowKey, float]:
        """Compare the rows of *keys* that exist."""
        rows = await self.read(collection, keys, with_vectors=True)
        if not rows:
            return {}
        near = _similarities(rows, query, collection.space)
        return {row.key: float(value) for row, value in zip(rows, near, strict=True)}

    async def sample(self, collection: Collection, limit: int) -> Floats:
        """Return the vectors of some rows."""
        keys = drawn(sorted(self._table(collection)), limit)
        return vectors_of(await self.read(collection, keys, with_vectors=True), collection.space)

    async def add_attributes(self, collection: Collection, attributes: Attributes) -> None:
        """Note *attributes*."""
        known = self._known(collection)
        self._keep(replace(known, attributes=merged(known.attributes, attributes)))

    async def set_calibration(self, collection: Collection, calibration: str) -> None:
        """Note *calibration*."""
        self._keep(replace(self._known(collection), calibration=calibration))

    async def set_other(self, collection: Collection, generation: str) -> None:
        """Note *generation*."""
        self._keep(replace(self._known(collection), other=generation))

    async def set_upgrade(self, collection: Collection, record: str) -> None:
        """Note *record*."""
        self._keep(replace(self._known(collection), upgrade=record))

    async def switch(self, collection: Collection) -> None:
        """Let the generation serve."""
        self._serving[collection.catalog] = self._known(collection).generation

    async def drop_generation(self, catalog: str, generation: str) -> None:
        """Forget the collections."""
        for kind in SpaceKind:
            dropped = self._collections.pop((catalog, kind, generation), None)
            if dropped is not None:
                del self._rows[dropped.name]

    async def catalogs(self) -> list[Collection]:
        """Return every collection that serves."""
        return [
            each for each in self._collections.values() if each.generation == self._serving.get(each.catalog)
        ]

    async def unreadable(self) -> list[str]:
        """Return none: what is here is of this version."""
        return []

    async def drop(self, catalog: str) -> bool:
        """Forget the collections."""
        gone = [key for key in self._collections if key[0] == catalog]
        self._serving.pop(catalog, None)
        for key in gone:
            self._rows.pop(self._collections.pop(key).name, None)
        return bool(gone)

    async def ping(self) -> None:
        """Return at once."""

    async def warm_up(self) -> None:
        """Return at once."""

    def _known(self, collection: Collection) -> Collection:
        self._table(collection)
        return self._collections[collection.catalog, collection.kind, collection.generation]

    def _keep(self, collection: Collection) -> None:
        self._collections[collection.catalog, collection.kind, collection.generation] = collection

    def _table(self, collection: Collection) -> dict[RowKey, Row]:
        if collection.name not in self._rows:
            raise catalog_not_found(collection.catalog)
        return self._rows[collection.name]


def _passes(row: Row, among: Filter) -> bool:
    return evaluate(among, row.key.product_id, row.facts or Facts())


def _shown(row: Row, *, with_vectors: bool, with_product: bool = True) -> Row:
    return replace(
        row, values=row.values if with_vectors else None, product=row.product if with_product else b""
    )


def _similarities(rows: Sequence[Row], query: Floats, space: Space) -> Floats:
    return similarities(np.stack([row.values for row in rows if row.values is not None]), query, space)
