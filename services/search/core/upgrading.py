"""What an upgrade of a catalogue to another pack asks of the store; who conducts it is the gateway."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from services.search.core.attributes import beyond
from services.search.core.generations import Live, existing_live_of
from services.search.core.locks import ProductLocks
from services.search.core.model import Collection
from services.search.core.ports.vectors import VectorIndex
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import FailedPrecondition, NotFound, Reason
from triptych.vocabulary.vectors import Space

FUSED = SpaceKind.FUSED


@dataclass(frozen=True)
class Described:
    """The FUSED collections of the generations, how many products each has (0 where not counted), and what is noted."""

    serving: Collection
    other: Collection | None
    counts: tuple[int, int]
    record: str


class Upgrading:
    """Makes, switches and drops generations.

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
