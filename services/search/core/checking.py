"""Comparing what is kept beside the records with them, a page at a time, and mending it.

The record of a product (ADR 7) is what is true. Writers hold the locks of the products that are looked at, so that a write
under way is never taken for an inconsistency.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TypeAlias

from services.search.core.locks import KeyedLocks
from services.search.core.model import SIDE_KINDS, Collection, Row, RowKey
from services.search.core.near import keys_of
from services.search.core.scope import record_of
from services.search.core.stores import Stores
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import InvalidArgument, Reason

# How many vectors of each kind a serialised product has.
ViewCounts: TypeAlias = Callable[[bytes], Mapping[SpaceKind, int]]

RECORDS, WORDS = "records", "words"
PHASES = (RECORDS, *(kind.name.lower() for kind in SIDE_KINDS), WORDS)


class Kind(IntEnum):
    """What can be wrong; the numbers are those of Inconsistency.Kind."""

    WORDS_WITHOUT_PRODUCT = 1
    WORDS_DIFFER = 2
    VECTOR_WITHOUT_PRODUCT = 3
    VECTOR_DIFFERS = 4
    VECTOR_MISSING = 5
    VECTOR_TOO_MANY = 6


@dataclass(frozen=True)
class Inconsistency:
    """Something that is not as it should be, and whether it was mended."""

    kind: Kind
    product_id: str
    space: SpaceKind | None = None
    view: int = 0
    repaired: bool = False


@dataclass(frozen=True)
class Cursor:
    """Where a check has come to: what is walked through, and the last row of it that was looked at."""

    phase: str = RECORDS
    last: RowKey | None = None

    def pack(self) -> str:
        """Return it as a token; no secret, and a changed one can do no harm."""
        return json.dumps([self.phase, self.last and [self.last.product_id, self.last.view]])

    @staticmethod
    def unpack(token: str) -> "Cursor":
        """Return what was packed; the beginning where *token* is empty.

        Raises:
            InvalidArgument: PAGE_TOKEN_INVALID.
        """
        if not token:
            return Cursor()
        try:
            phase, last = json.loads(token)
            cursor = Cursor(phase, RowKey(str(last[0]), int(last[1])) if last else None)
        except (ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
            raise _refused() from error
        if cursor.phase not in PHASES:
            raise _refused()
        return cursor


@dataclass(frozen=True)
class Checked:
    """A page: what was found, how many rows were looked at and where, and where to go on; None at the end."""

    found: tuple[Inconsistency, ...]
    phase: str
    rows: int
    next: Cursor | None


class Checker:
    """Checks what is in *stores*.

    Args:
        stores: all that is kept.
        locks: those that writers hold, (catalogue, product id).
        views_of: tells how many vectors of each kind a product should have.
    """

    def __init__(self, stores: Stores, locks: KeyedLocks, views_of: ViewCounts) -> None:
        self._stores = stores
        self._locks = locks
        self._views_of = views_of

    async def page(self, catalog: str, cursor: Cursor, limit: int, *, repair: bool) -> Checked:
        """Look at the next *limit* rows, 1 to 1000, and mend what can be mended if *repair*.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
        """
        record = await record_of(self._stores, catalog, fresh=True)
        if cursor.phase == WORDS:
            return await self._words(record, cursor, limit, repair=repair)
        if cursor.phase == RECORDS:
            keys = await self._stores.vectors.keys_after(record, cursor.last, limit)
            async with self._locks.holding((catalog, key.product_id) for key in keys):
                found = await self._records(record, keys, repair=repair)
            return _checked(cursor, found, keys, limit)
        kind = SpaceKind[cursor.phase.upper()]
        side = await self._stores.vectors.collection(catalog, kind, generation=record.generation, fresh=True)
        keys = [] if side is None else await self._stores.vectors.keys_after(side, cursor.last, limit)
        if side is None or not keys:
            return _checked(cursor, [], [], limit)
        async with self._locks.holding((catalog, key.product_id) for key in keys):
            found = await self._orphans(record, side, keys, repair=repair)
        return _checked(cursor, found, keys, limit)

    async def _records(
        self, record: Collection, keys: Sequence[RowKey], *, repair: bool
    ) -> list[Inconsistency]:
        rows = await self._stores.vectors.read(record, keys, with_vectors=False)
        facts = {row.key.product_id: self._stores.facts_of(row.product) for row in rows}
        differing = await self._stores.words.differing(record.catalog, facts)
        if repair and differing:
            await self._stores.words.write(record.catalog, {each: facts[each] for each in differing})
        found = [Inconsistency(Kind.WORDS_DIFFER, each, repaired=repair) for each in sorted(differing)]
        products = {row.key.product_id: row.product for row in rows}
        for kind in SIDE_KINDS:
            side = await self._stores.vectors.collection(
                record.catalog, kind, generation=record.generation, fresh=True
            )
            found += await self._side(kind, side, products, repair=repair)
        return found

    async def _side(
        self, kind: SpaceKind, side: Collection | None, products: Mapping[str, bytes], *, repair: bool
    ) -> list[Inconsistency]:
        expected = {
            RowKey(each, view)
            for each, product in products.items()
            for view in range(self._views_of(product).get(kind, 0))
        }
        if side is None:
            return _all(Kind.VECTOR_MISSING, kind, expected)
        rows = await self._stores.vectors.read(side, keys_of(side, products), with_vectors=False)
        there = {row.key for row in rows}
        differing = [
            row.key for row in rows if row.key in expected and row.product != products[row.key.product_id]
        ]
        if repair:
            await self._stores.vectors.delete(side, sorted(there - expected))
            await self._rewrite(side, differing, products)
        return [
            *_all(Kind.VECTOR_MISSING, kind, expected - there),
            *_all(Kind.VECTOR_TOO_MANY, kind, there - expected, repaired=repair),
            *_all(Kind.VECTOR_DIFFERS, kind, differing, repaired=repair),
        ]

    async def _rewrite(self, side: Collection, keys: Sequence[RowKey], products: Mapping[str, bytes]) -> None:
        rows = await self._stores.vectors.read(side, keys, with_vectors=True)
        mended = [self._mended(row, products[row.key.product_id]) for row in rows]
        if mended:
            await self._stores.vectors.upsert(side, mended)

    def _mended(self, row: Row, product: bytes) -> Row:
        return replace(row, product=product, facts=self._stores.facts_of(product))

    async def _orphans(
        self, record: Collection, side: Collection, keys: Sequence[RowKey], *, repair: bool
    ) -> list[Inconsistency]:
        there = await self._existing(record, [key.product_id for key in keys])
        # What was removed while the locks were awaited is no orphan.
        still = await self._stores.vectors.existing(side, keys)
        orphans = sorted(key for key in still if key.product_id not in there)
        if repair:
            await self._stores.vectors.delete(side, orphans)
        return _all(Kind.VECTOR_WITHOUT_PRODUCT, side.kind, orphans, repaired=repair)

    async def _words(self, record: Collection, cursor: Cursor, limit: int, *, repair: bool) -> Checked:
        last = cursor.last.product_id if cursor.last else ""
        ids = await self._stores.words.ids_after(record.catalog, last, limit)
        async with self._locks.holding((record.catalog, each) for each in ids):
            there = await self._existing(record, ids)
            orphans = [each for each in ids if each not in there]
            if repair and orphans:
                await self._stores.words.remove(record.catalog, orphans)
        found = [Inconsistency(Kind.WORDS_WITHOUT_PRODUCT, each, repaired=repair) for each in orphans]
        return _checked(cursor, found, [RowKey(each, 0) for each in ids], limit)

    async def _existing(self, record: Collection, ids: Sequence[str]) -> set[str]:
        keys = [RowKey(each, 0) for each in dict.fromkeys(ids)]
        return {key.product_id for key in await self._stores.vectors.existing(record, keys)}


def _all(
    kind: Kind, space: SpaceKind, keys: Sequence[RowKey] | set[RowKey], *, repaired: bool = False
) -> list[Inconsistency]:
    return [Inconsistency(kind, key.product_id, space, key.view, repaired) for key in sorted(keys)]


def _checked(cursor: Cursor, found: Sequence[Inconsistency], keys: Sequence[RowKey], limit: int) -> Checked:
    following: Cursor | None = None
    if len(keys) == limit:
        following = Cursor(cursor.phase, keys[-1])
    elif cursor.phase != PHASES[-1]:
        following = Cursor(PHASES[PHASES.index(cursor.phase) + 1])
    return Checked(tuple(found), cursor.phase, len(keys), following)


def _refused() -> InvalidArgument:
    return InvalidArgument(
        "The page token is none of a check.", reason=Reason.PAGE_TOKEN_INVALID, field="page_token"
    )
