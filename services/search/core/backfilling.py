"""Filling the generation beside the one that serves, of what its own pack's encoders make; who has that done is the gateway."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.search.core.beside import remove_beside
from services.search.core.checks import Spaces, check_distinct, check_spaces, checked
from services.search.core.generations import existing_live_of
from services.search.core.locks import ProductLocks
from services.search.core.model import ProductRecord, Row, RowKey
from services.search.core.ports.vectors import VectorIndex
from services.search.core.rows import RowWriter
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import TriptychError

FUSED = SpaceKind.FUSED


@dataclass(frozen=True, eq=False)
class Page:
    """Products, how many were looked at for them, and the last of these; empty at the end."""

    rows: tuple[Row, ...]
    seen: int
    last_id: str


class Backfilling:
    """Finds what the other generation lacks, stores it there, and removes what does not exist.

    Args:
        index: the vectors of both.
        locks: those that writers hold.
    """

    def __init__(self, index: VectorIndex, locks: ProductLocks) -> None:
        self._index = index
        self._locks = locks
        self._rows = RowWriter(index)

    async def missing(self, catalog: str, after_id: str, limit: int) -> Page:
        """Return those of the next *limit* products that the other generation lacks, or has in another version.

        Raises:
            NotFound: CATALOG_NOT_FOUND, UPGRADE_NOT_FOUND.
        """
        live = await existing_live_of(self._index, catalog)
        serving, other = live.serving[FUSED], live.beside[FUSED]
        keys = await self._index.keys_after(serving, RowKey(after_id, 0) if after_id else None, limit)
        there, rows = await asyncio.gather(
            self._index.read(other, keys, with_vectors=False),
            self._index.read(serving, keys, with_vectors=False),
        )
        has = {row.key: row.product for row in there}
        lacking = tuple(row for row in rows if has.get(row.key) != row.product)
        return Page(lacking, len(keys), keys[-1].product_id if len(keys) == limit else "")

    async def backfill(
        self, catalog: str, spaces: Spaces, records: Sequence[ProductRecord | TriptychError]
    ) -> tuple[list[TriptychError | None], int]:
        """Store *records* in the other generation as far as they are the versions that serve; an outcome each, and how many.

        Raises:
            NotFound: CATALOG_NOT_FOUND, UPGRADE_NOT_FOUND.
            InvalidArgument: an id stands twice, or the other generation is of another pack.
        """
        check_distinct(records)
        sound = [each if isinstance(each, TriptychError) else checked(each, spaces) for each in records]
        good = [each for each in sound if isinstance(each, ProductRecord)]
        async with self._locks.holding((catalog, each.id) for each in good):
            live = await existing_live_of(self._index, catalog)
            other = live.beside
            check_spaces(spaces, other)
            # Inside: what was written or removed since it was listed is seen as it is now.
            keys = [RowKey(each.id, 0) for each in good]
            now, left_over = await asyncio.gather(
                self._index.read(live.serving[FUSED], keys, with_vectors=False),
                self._rows.left_over(other, good),
            )
            rows = {row.key.product_id: row for row in now}
            current = [
                replace(each, history=rows[each.id].history)
                for each in good
                if each.id in rows and rows[each.id].product == each.product
            ]
            if current:
                collections = await self._rows.made(catalog, spaces, current, other)
                await self._rows.write_sides(collections, current)
                await self._rows.write_records(collections, current, left_over)
        return [each if isinstance(each, TriptychError) else None for each in sound], len(current)

    async def prune(self, catalog: str, after_id: str, limit: int) -> tuple[int, str]:
        """Remove those of the next *limit* products of the other generation that do not exist; return how many, and the last.

        A write or a removal that broke off half-way leaves such.

        Raises:
            NotFound: CATALOG_NOT_FOUND, UPGRADE_NOT_FOUND.
        """
        live = await existing_live_of(self._index, catalog)
        keys = await self._index.keys_after(
            live.beside[FUSED], RowKey(after_id, 0) if after_id else None, limit
        )
        ids = [key.product_id for key in keys]
        gone: list[str] = []
        if set(keys) - await self._index.existing(live.serving[FUSED], keys):
            async with self._locks.holding((catalog, each) for each in ids):
                live = await existing_live_of(self._index, catalog)
                existing = await self._index.existing(live.serving[FUSED], keys)
                gone = [key.product_id for key in keys if key not in existing]
                await remove_beside(self._rows, live.beside, gone)
        return len(gone), ids[-1] if len(ids) == limit else ""
