"""Going on with an upgrade: filled, compared, and switched or ended when that was asked for. Any gateway can do it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.core.upgrade.backfill import Backfill
from gateway.core.upgrade.comparison import gate
from gateway.core.upgrade.conductor import Conductor
from gateway.core.upgrade.model import ENDED, KEPT, REFUSED_SHOWN_MAX, Pair, Phase, Upgrade
from gateway.core.upgrade.notes import Notes, kept_s
from gateway.core.upgrade.packs import Packs
from gateway.core.upgrade.shadow import Shadow


@dataclass(frozen=True)
class Advancer:
    """Does what is to be done next; *now* returns the seconds since 1970."""

    conductor: Conductor
    notes: Notes
    packs: Packs
    backfill: Backfill
    shadow: Shadow
    now: Callable[[], float] = time.time

    async def work(self, catalog: str) -> None:
        """Do what is to be done next for the upgrade of *catalog*: until it waits for somebody or something.

        Raises:
            TriptychError: of the store or the rooms; working again goes on.
        """
        found, upgrade = await self.notes.found(catalog)
        if upgrade.phase in ENDED:
            if found.other is not None:
                await self.notes.store.drop(catalog, found.other.name)
            return
        if upgrade.phase in KEPT and not upgrade.finish_time:
            # The switch broke off before it was noted, or is being noted just now.
            now = self.now()
            upgrade = await self.notes.update(upgrade, switch_time=now, finish_time=now + kept_s(upgrade))
        if upgrade.phase in KEPT and self.now() >= upgrade.finish_time > 0:
            await self.conductor.finish(catalog)
            return
        pair = await self.packs.pair_of(upgrade.beside_pack)
        if pair is None:
            waiting_for = f"an encoder and a fusion of {upgrade.beside_pack}"
            await self.notes.update(upgrade, waiting_for=waiting_for)
            return
        if upgrade.phase is Phase.BACKFILLING or upgrade.unfilled_count:
            upgrade = await self._fill(upgrade, pair)
        while upgrade.phase is Phase.BACKFILLING:
            # What was written meanwhile without new vectors is filled in by another pass.
            upgrade = await self._fill(upgrade, pair)
        if upgrade.phase is Phase.COMPARING:
            upgrade = await self._compare(upgrade)
        if upgrade.phase is Phase.READY and upgrade.plan.auto_switch and not upgrade.gate:
            await self.conductor.switch(catalog)

    async def _fill(self, upgrade: Upgrade, pair: Pair) -> Upgrade:
        filled = await self.backfill.run(upgrade.catalog, pair)
        refused = filled.refused
        upgrade = replace(
            upgrade, refused_count=len(refused), refused=refused[:REFUSED_SHOWN_MAX], waiting_for=""
        )
        _, now = await self.notes.found(upgrade.catalog)
        if replace(now, refused_count=len(refused)).unfilled_count < 0:
            await self.backfill.prune(upgrade.catalog)
        is_done = upgrade.phase is Phase.BACKFILLING and not filled.stored
        return await self.notes.update(
            upgrade,
            refused_count=upgrade.refused_count,
            refused=upgrade.refused,
            waiting_for="",
            gate=gate(upgrade),
            **({"phase": Phase.COMPARING} if is_done else {}),
        )

    async def _compare(self, upgrade: Upgrade) -> Upgrade:
        found = await self.notes.store.describe(upgrade.catalog)
        upgrade = replace(upgrade, comparison=await self.shadow.compare(upgrade, found))
        return await self.notes.update(
            upgrade,
            comparison=upgrade.comparison,
            phase=Phase.READY,
            ready_time=self.now(),
            gate=gate(upgrade),
        )
