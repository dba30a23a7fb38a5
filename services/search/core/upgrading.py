"""What an upgrade of a catalogue to another pack asks of the store; who conducts it is the gateway."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from services.search.core.attributes import beyond
from services.search.core.beside import remove_beside
from services.search.core.checks import Spaces, check_distinct, check_spaces, checked
from services.search.core.generations import Live, existing_live_of
from services.search.core.locks import ProductLocks
from services.search.core.model import Collection, ProductRecord, Row, RowKey
from services.search.core.ports import VectorIndex
from services.search.core.rows import RowWriter
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import FailedPrecondition, NotFound, Reason, TriptychError
from triptych.vocabulary.vectors import Space

FUSED = SpaceKind.FUSED


@dataclass(frozen=True)
class Described:
    """The FUSED collections of the generations, how many products each has (0 where not counted), and what is noted."""

    serving: Collection
    other: Collection | None
    counts: tuple[int, int]
    record: str


@dataclass(frozen=True, eq=False)
class Page:
    """Products, how many were looked at for them, and the last of these; empty at the end."""

    rows: tuple[Row, ...]
    seen: int
    last_id: str


class Upgrading:
    """Makes, fills, switches and drops generations.

    Args:
        index: their vectors.
        locks: those that writers hold.
        now: returns seconds that only grow.
    """

    def __init__(
        self, index: VectorIndex, locks: ProductLocks, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._index = index
        self._locks = locks
        self._now = now
        self._rows = RowWriter(index)
        self._holders: dict[str, tuple[str, float]] = {}

    async def describe(self, catalog: str, *, counted: bool = False) -> Described:
        """Return the generations.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
        """
        live = await existing_live_of(self._index, catalog)
        serving, other = live.serving[FUSED], live.other[FUSED] if live.other else None
        counts = (0, 0)
        if counted:
            first, *rest = await asyncio.gather(
                *(self._index.count(each) for each in (serving, other) if each is not None)
            )
            counts = first, sum(rest)
        return Described(serving, other, counts, _noted(live).upgrade)

    async def prepare(self, catalog: str, space: Space, record: str) -> Collection:
        """Make a generation for *space*'s pack beside the one that serves, with *record* noted; return its FUSED one.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
            FailedPrecondition: UPGRADE_RUNNING, there is another; UPGRADE_NOT_NEEDED, the pack serves.
        """
        live = await existing_live_of(self._index, catalog)
        serving = live.serving[FUSED]
        if serving.space.pack == space.pack:
            raise FailedPrecondition(
                f'The vectors of "{catalog}" are of the pack "{space.pack}" already.',
                reason=Reason.UPGRADE_NOT_NEEDED,
                field="catalog",
                metadata={"pack": space.pack},
            )
        if live.other is not None:
            if live.other[FUSED].space.pack == space.pack:
                return live.other[FUSED]
            raise running(catalog, live.other[FUSED].space.pack)
        made = await self._index.create(catalog, FUSED, space)
        await self._index.set_upgrade(made, record)
        await self._index.set_other(made, serving.generation)
        await self._index.set_upgrade(serving, "")
        # From here on every write goes to both.
        await self._index.set_other(serving, made.generation)
        return made

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

    async def switch(self, catalog: str, generation: str, missing_max: int) -> None:
        """Let the other *generation* serve if it lacks at most *missing_max* products; -1: any number.

        Raises:
            NotFound: CATALOG_NOT_FOUND, UPGRADE_NOT_FOUND.
            FailedPrecondition: UPGRADE_NOT_READY.
        """
        # Nobody writes meanwhile: who read which generation serves before would write after it.
        async with self._locks.holding_all(catalog):
            live = await existing_live_of(self._index, catalog)
            serving = live.serving[FUSED]
            if serving.generation == generation:
                return
            target = live.beside[FUSED]
            if target.generation != generation:
                raise generation_not_found(catalog, generation)
            missing = await self._index.count(serving) - await self._index.count(target)
            if 0 <= missing_max < missing:
                raise FailedPrecondition(
                    f'The vectors of "{catalog}" by "{target.space.pack}" lack {missing} products; {missing_max} are allowed.',
                    reason=Reason.UPGRADE_NOT_READY,
                    field="catalog",
                    metadata={"missing": str(missing), "missing_max": str(missing_max)},
                )
            if new := beyond(serving.attributes, target.attributes):
                await self._index.add_attributes(target, new)
            await self._index.switch(target)

    async def drop(self, catalog: str, generation: str) -> None:
        """Remove a generation that does not serve; what is noted stays.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
            FailedPrecondition: UPGRADE_RUNNING, it serves.
        """
        async with self._locks.holding_all(catalog):
            live = await existing_live_of(self._index, catalog)
            serving = live.serving[FUSED]
            if serving.generation == generation:
                raise running(catalog, serving.space.pack)
            if serving.other == generation:
                if live.other and live.other[FUSED].upgrade:
                    await self._index.set_upgrade(serving, live.other[FUSED].upgrade)
                await self._index.set_other(serving, "")
        await self._index.drop_generation(catalog, generation)

    async def note(self, catalog: str, record: str) -> None:
        """Keep *record* as what is noted of the upgrade.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
        """
        await self._index.set_upgrade(_noted(await existing_live_of(self._index, catalog)), record)

    async def noted(self) -> dict[str, str]:
        """Return what is noted of the upgrades of all catalogues, by catalogue."""
        records = [each for each in await self._index.catalogs() if each.kind is FUSED]
        found = {each.catalog: each.upgrade for each in records}
        for each in records:
            if each.other and not each.upgrade:
                other = await self._index.collection(each.catalog, FUSED, generation=each.other, fresh=True)
                found[each.catalog] = other.upgrade if other else ""
        return {catalog: record for catalog, record in sorted(found.items()) if record}

    def hold(self, catalog: str, holder: str, seconds: float) -> bool:
        """Say whether *holder* may work on the upgrade for so many *seconds*: if nobody else does."""
        known, until = self._holders.get(catalog, ("", 0.0))
        if known not in {"", holder} and self._now() < until:
            return False
        self._holders[catalog] = (holder, self._now() + seconds)
        return True


def running(catalog: str, pack: str) -> FailedPrecondition:
    """Return the error for a *catalog* that has vectors of *pack* that are in use."""
    return FailedPrecondition(
        f'An upgrade of "{catalog}" keeps vectors of "{pack}": finish or cancel it first.',
        reason=Reason.UPGRADE_RUNNING,
        field="catalog",
        metadata={"catalog": catalog, "pack": pack},
    )


def generation_not_found(catalog: str, generation: str) -> NotFound:
    """Return the error for a *generation* that the *catalog* does not have."""
    return NotFound(
        f'The catalogue "{catalog}" has no generation "{generation}".',
        reason=Reason.UPGRADE_NOT_FOUND,
        field="generation",
        metadata={"catalog": catalog, "generation": generation},
    )


def _noted(live: Live) -> Collection:
    """Return the collection with which the upgrade is noted: that of the pack that it leads to."""
    serving = live.serving[FUSED]
    return live.other[FUSED] if live.other and not serving.upgrade else serving
