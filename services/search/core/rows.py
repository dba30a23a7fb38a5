"""The rows of products in one generation: written so that the record comes last, removed so that it goes first.

Where one kind fails, nothing goes on in the others behind the caller's back: the locks of the products are free by then.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import TypeAlias

from services.search.core.checks import Spaces
from services.search.core.generations import Collections
from services.search.core.history import History
from services.search.core.model import (
    SIDE_KINDS,
    ProductRecord,
    ProductVector,
    Row,
    RowKey,
)
from services.search.core.near import keys_of
from services.search.core.ports.vectors import VectorIndex
from services.search.core.stored import stored
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.concurrency import side_by_side

# Rows that are there, by the kind of their vectors.
Keys: TypeAlias = Mapping[SpaceKind, set[RowKey]]


class RowWriter:
    """Writes and removes the rows of products; their locks are the caller's."""

    def __init__(self, index: VectorIndex) -> None:
        self._index = index

    async def vectors(
        self, collections: Collections, records: Sequence[ProductRecord]
    ) -> dict[str, tuple[ProductVector, ...]]:
        """Return the vectors that there are of *records*, by id."""
        found = await stored(self._index, collections, [replace(each, vectors=()) for each in records])
        return {each: there.vectors for each, there in found.items()}

    async def made(
        self, catalog: str, spaces: Spaces, records: Sequence[ProductRecord], old: Collections
    ) -> Collections:
        """Return the *old* collections and those that *records* need, made where they are missing."""
        kinds = {each.kind for record in records for each in record.vectors}
        missing = [kind for kind in SpaceKind if kind in kinds and kind not in old]
        made = await side_by_side([self._index.create(catalog, kind, spaces[kind]) for kind in missing])
        return {**old, **{each.kind: each for each in made}}

    async def write_sides(self, collections: Collections, records: Sequence[ProductRecord]) -> None:
        """Write all rows but the records."""
        rows = rows_by_kind(records)
        await side_by_side(
            [self._index.upsert(collections[kind], rows[kind]) for kind in SIDE_KINDS if kind in rows]
        )

    async def left_over(self, collections: Collections, records: Sequence[ProductRecord]) -> Keys:
        """Return the rows beside the records that are there and that *records* do not bring.

        Waits for what was written last; nothing else has to wait for it but `write_records`.
        """
        rows = rows_by_kind(records)
        brought = {(kind, row.key) for kind in SIDE_KINDS for row in rows.get(kind, ())}
        return await self._sides(
            collections, [record.id for record in records if not record.keeps_vectors], brought
        )

    async def write_records(
        self, collections: Collections, records: Sequence[ProductRecord], left_over: Keys
    ) -> None:
        """Remove what is *left_over* of the versions before, then write the records: with that they are stored."""
        rows = rows_by_kind(records)
        ids = {record.id for record in records if not record.keeps_vectors}
        stale = {
            kind: {key for key in keys if key.product_id in ids} - {row.key for row in rows.get(kind, ())}
            for kind, keys in left_over.items()
        }
        await self._remove(collections, stale)
        await self._index.upsert(collections[SpaceKind.FUSED], rows[SpaceKind.FUSED])

    async def remove_records(self, collections: Collections, ids: Sequence[str]) -> set[str]:
        """Remove the records; return the ids of those that existed."""
        record = collections[SpaceKind.FUSED]
        existing = await self._index.existing(record, [RowKey(each, 0) for each in ids])
        await self._index.delete(record, sorted(existing))
        return {key.product_id for key in existing}

    async def remove_sides(self, collections: Collections, ids: Sequence[str]) -> None:
        """Remove all rows of the products beside their records."""
        # Asking first keeps the store free of tombstones for the many keys that were never there.
        await self._remove(collections, await self._sides(collections, ids))

    async def _sides(
        self,
        collections: Collections,
        ids: Sequence[str],
        without: Set[tuple[SpaceKind, RowKey]] = frozenset(),
    ) -> Keys:
        """Return the rows of the products beside their records that exist, *without* some that nobody asks for."""
        kinds = [kind for kind in SIDE_KINDS if kind in collections]
        asked = [
            [key for key in keys_of(collections[kind], ids) if (kind, key) not in without] for kind in kinds
        ]
        found = await side_by_side(
            [self._index.existing(collections[kind], keys) for kind, keys in zip(kinds, asked, strict=True)]
        )
        return dict(zip(kinds, found, strict=True))

    async def _remove(self, collections: Collections, keys: Keys) -> None:
        await side_by_side(
            [self._index.delete(collections[kind], sorted(found)) for kind, found in keys.items()]
        )


def rows_by_kind(records: Sequence[ProductRecord]) -> dict[SpaceKind, list[Row]]:
    """Return the rows of *records* by the kind of their vectors."""
    rows: dict[SpaceKind, list[Row]] = {}
    for record in records:
        for each in record.vectors:
            history = record.history if each.kind is SpaceKind.FUSED else History()
            row = Row(RowKey(record.id, each.view), record.product, each.vector.values, record.facts, history)
            rows.setdefault(each.kind, []).append(row)
    return rows
