"""Conducting upgrades: what operators ask for. What is done by and by stands in advancing.py.

The store notes where an upgrade is, so that any gateway goes on with it; what is to be encoded shows in the generations
themselves. Doing a step again is harmless.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.core.upgrade.model import ENDED, KEPT, Generations, Phase, Plan, Upgrade
from gateway.core.upgrade.notes import Notes, kept_s, not_ready
from gateway.core.upgrade.packs import Packs
from gateway.core.upgrade.ports import GenerationStore
from triptych.vocabulary.errors import FailedPrecondition, Reason


@dataclass(frozen=True)
class Conductor:
    """Conducts upgrades; *now* returns the seconds since 1970."""

    store: GenerationStore
    packs: Packs
    notes: Notes
    now: Callable[[], float] = time.time

    async def start(self, catalog: str, plan: Plan) -> Upgrade:
        """Start an upgrade of *catalog* to the other pack that is served.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
            FailedPrecondition: NEXT_PACK_MISSING, UPGRADE_RUNNING, UPGRADE_NOT_NEEDED.
        """
        self.packs.forget(catalog)
        found = await self.store.describe(catalog)
        others = [space for space in await self.packs.spaces() if space.pack != found.serving.pack]
        if not others:
            raise FailedPrecondition(
                f'No other pack is served than "{found.serving.pack}", whose vectors "{catalog}" has.',
                reason=Reason.NEXT_PACK_MISSING,
                field="catalog",
                metadata={"pack": found.serving.pack},
            )
        upgrade = Upgrade(catalog, found.serving.pack, others[0].pack, plan, start_time=self.now())
        await self.store.prepare(upgrade, others[0])
        self.packs.forget(catalog)
        return await self.get(catalog)

    async def get(self, catalog: str) -> Upgrade:
        """Return the last upgrade of *catalog*, with its products counted.

        Raises:
            NotFound: CATALOG_NOT_FOUND, UPGRADE_NOT_FOUND.
        """
        return (await self.notes.found(catalog))[1]

    async def all(self) -> list[Upgrade]:
        """Return the last upgrade of every catalogue that had one; the products of those under way are counted."""
        return [await self.notes.current(each) for each in await self.store.upgrades()]

    async def switch(self, catalog: str, *, force: bool = False) -> Upgrade:
        """Let the new vectors serve; with *force* whatever the gate says.

        Raises:
            NotFound: CATALOG_NOT_FOUND, UPGRADE_NOT_FOUND.
            FailedPrecondition: UPGRADE_NOT_READY.
        """
        found, upgrade = await self.notes.found(catalog)
        if upgrade.phase is Phase.SWITCHED:
            return upgrade
        if upgrade.phase in ENDED or (upgrade.phase is Phase.BACKFILLING and not force):
            raise not_ready(upgrade, f"is {upgrade.phase.name}")
        if upgrade.gate and not force:
            raise not_ready(upgrade, "is kept by the gate: " + "; ".join(upgrade.gate))
        missing_max = -1 if force else upgrade.refused_count if upgrade.plan.allow_refused else 0
        now = self.now()
        switched = replace(upgrade, phase=Phase.SWITCHED, switch_time=now, finish_time=now + kept_s(upgrade))
        return await self._serve(found, upgrade.target_pack, missing_max, switched)

    async def roll_back(self, catalog: str, *, force: bool = False) -> Upgrade:
        """Let the old vectors serve again; with *force* also where products lack some.

        Raises:
            NotFound: CATALOG_NOT_FOUND, UPGRADE_NOT_FOUND.
            FailedPrecondition: UPGRADE_NOT_READY.
        """
        found, upgrade = await self.notes.found(catalog)
        if upgrade.phase is Phase.ROLLED_BACK:
            return upgrade
        if upgrade.phase is not Phase.SWITCHED:
            raise not_ready(upgrade, f"is {upgrade.phase.name}")
        back = replace(upgrade, phase=Phase.ROLLED_BACK)
        return await self._serve(found, upgrade.source_pack, -1 if force else 0, back)

    async def finish(self, catalog: str) -> Upgrade:
        """Remove the vectors that do not serve.

        Raises:
            NotFound: CATALOG_NOT_FOUND, UPGRADE_NOT_FOUND.
            FailedPrecondition: UPGRADE_NOT_READY.
        """
        found, upgrade = await self.notes.found(catalog)
        if upgrade.phase in ENDED:
            return upgrade
        if upgrade.phase not in KEPT:
            raise not_ready(upgrade, f"is {upgrade.phase.name}")
        return await self._end(found, replace(upgrade, phase=Phase.FINISHED, finish_time=self.now()))

    async def cancel(self, catalog: str) -> Upgrade:
        """Remove the new vectors.

        Raises:
            NotFound: CATALOG_NOT_FOUND, UPGRADE_NOT_FOUND.
            FailedPrecondition: UPGRADE_RUNNING, they serve.
        """
        found, upgrade = await self.notes.found(catalog)
        if upgrade.phase in ENDED:
            return upgrade
        if upgrade.phase is Phase.SWITCHED:
            raise FailedPrecondition(
                f'The vectors of "{upgrade.target_pack}" serve "{catalog}": roll back first.',
                reason=Reason.UPGRADE_RUNNING,
                field="catalog",
                metadata={"pack": upgrade.target_pack},
            )
        return await self._end(found, replace(upgrade, phase=Phase.CANCELLED, finish_time=self.now()))

    async def _serve(self, found: Generations, pack: str, missing_max: int, upgrade: Upgrade) -> Upgrade:
        """Let the vectors of *pack* serve, then note *upgrade*; should that break off, `Notes.found` knows better."""
        both = (found.serving, found.other)
        generation = next((each for each in both if each and each.pack == pack), None)
        if generation is None:
            # Somebody else ended it in this moment.
            raise not_ready(upgrade, f"has no vectors of {pack} any more")
        await self.store.switch(upgrade.catalog, generation.name, missing_max)
        self.packs.forget(upgrade.catalog)
        return await self._note(upgrade)

    async def _end(self, found: Generations, upgrade: Upgrade) -> Upgrade:
        # Noted first: should it break off, `work` drops what is left.
        await self._note(upgrade)
        if found.other is not None:
            await self.store.drop(upgrade.catalog, found.other.name)
        self.packs.forget(upgrade.catalog)
        return upgrade

    async def _note(self, upgrade: Upgrade) -> Upgrade:
        await self.store.note(upgrade)
        return upgrade
