"""Conducting upgrades: what operators ask for, and what is done by and by.

The store notes where an upgrade is, so that any gateway goes on with it; what is to be encoded shows in the generations
themselves. Doing a step again is harmless.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.core.upgrade.backfill import Backfill
from gateway.core.upgrade.comparison import gate
from gateway.core.upgrade.model import ENDED, REFUSED_SHOWN_MAX, Generations, Pair, Phase, Plan, Upgrade
from gateway.core.upgrade.packs import Packs
from gateway.core.upgrade.ports import GenerationStore
from gateway.core.upgrade.shadow import Shadow
from triptych.vocabulary.errors import FailedPrecondition, NotFound, Reason

_SECONDS_PER_HOUR = 3_600
# In these the vectors that do not serve are kept for a while.
KEPT = frozenset({Phase.SWITCHED, Phase.ROLLED_BACK})


@dataclass(frozen=True)
class Conductor:
    """Conducts upgrades; *now* returns the seconds since 1970."""

    store: GenerationStore
    packs: Packs
    backfill: Backfill
    shadow: Shadow
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
        return counted(await self._described(catalog))

    async def all(self) -> list[Upgrade]:
        """Return the last upgrade of every catalogue that had one."""
        return await self.store.upgrades()

    async def switch(self, catalog: str, *, force: bool = False) -> Upgrade:
        """Let the new vectors serve; with *force* whatever the gate says.

        Raises:
            NotFound: CATALOG_NOT_FOUND, UPGRADE_NOT_FOUND.
            FailedPrecondition: UPGRADE_NOT_READY.
        """
        found = await self._described(catalog)
        upgrade = counted(found)
        if upgrade.phase is Phase.SWITCHED:
            return upgrade
        if upgrade.phase in ENDED or (upgrade.phase is Phase.BACKFILLING and not force):
            raise not_ready(upgrade, f"is {upgrade.phase.name}")
        if upgrade.gate and not force:
            raise not_ready(upgrade, "is kept by the gate: " + "; ".join(upgrade.gate))
        missing_max = -1 if force else upgrade.refused_count if upgrade.plan.allow_refused else 0
        now = self.now()
        switched = replace(upgrade, phase=Phase.SWITCHED, switch_time=now, finish_time=now + _kept_s(upgrade))
        return await self._serve(found, upgrade.target_pack, missing_max, switched)

    async def roll_back(self, catalog: str, *, force: bool = False) -> Upgrade:
        """Let the old vectors serve again; with *force* also where products lack some.

        Raises:
            NotFound: CATALOG_NOT_FOUND, UPGRADE_NOT_FOUND.
            FailedPrecondition: UPGRADE_NOT_READY.
        """
        found = await self._described(catalog)
        upgrade = counted(found)
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
        found = await self._described(catalog)
        upgrade = counted(found)
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
        found = await self._described(catalog)
        upgrade = counted(found)
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

    async def work(self, catalog: str) -> None:
        """Do what is to be done next for the upgrade of *catalog*: until it waits for somebody or something.

        Raises:
            TriptychError: of the store or the rooms; working again goes on.
        """
        found = await self._described(catalog)
        upgrade = counted(found)
        if upgrade.phase in ENDED:
            if found.other is not None:
                await self.store.drop(catalog, found.other.name)
            return
        if upgrade.phase in KEPT and not upgrade.finish_time:
            # The switch broke off before it was noted, or is being noted just now.
            now = self.now()
            upgrade = await self._update(upgrade, switch_time=now, finish_time=now + _kept_s(upgrade))
        if upgrade.phase in KEPT and self.now() >= upgrade.finish_time > 0:
            await self.finish(catalog)
            return
        pair = await self.packs.pair_of(upgrade.beside_pack)
        if pair is None:
            waiting_for = f"an encoder and a fusion of {upgrade.beside_pack}"
            await self._update(upgrade, waiting_for=waiting_for)
            return
        if upgrade.phase is Phase.BACKFILLING or upgrade.unfilled_count:
            upgrade = await self._fill(upgrade, pair)
        while upgrade.phase is Phase.BACKFILLING:
            # What was written meanwhile without new vectors is filled in by another pass.
            upgrade = await self._fill(upgrade, pair)
        if upgrade.phase is Phase.COMPARING:
            upgrade = await self._compare(upgrade)
        if upgrade.phase is Phase.READY and upgrade.plan.auto_switch and not upgrade.gate:
            await self.switch(catalog)

    async def _fill(self, upgrade: Upgrade, pair: Pair) -> Upgrade:
        filled = await self.backfill.run(upgrade.catalog, pair)
        refused = filled.refused
        upgrade = replace(
            upgrade, refused_count=len(refused), refused=refused[:REFUSED_SHOWN_MAX], waiting_for=""
        )
        now = counted(await self._described(upgrade.catalog))
        if replace(now, refused_count=len(refused)).unfilled_count < 0:
            await self.backfill.prune(upgrade.catalog)
        is_done = upgrade.phase is Phase.BACKFILLING and not filled.stored
        return await self._update(
            upgrade,
            refused_count=upgrade.refused_count,
            refused=upgrade.refused,
            waiting_for="",
            gate=gate(upgrade),
            **({"phase": Phase.COMPARING} if is_done else {}),
        )

    async def _compare(self, upgrade: Upgrade) -> Upgrade:
        found = await self.store.describe(upgrade.catalog)
        upgrade = replace(upgrade, comparison=await self.shadow.compare(upgrade, found))
        return await self._update(
            upgrade,
            comparison=upgrade.comparison,
            phase=Phase.READY,
            ready_time=self.now(),
            gate=gate(upgrade),
        )

    async def _update(self, upgrade: Upgrade, **changes: object) -> Upgrade:
        """Note *changes* unless somebody brought the upgrade to another phase meanwhile; return how it is then."""
        current = counted(await self._described(upgrade.catalog))
        if current.phase is not upgrade.phase:
            return current
        changed: Upgrade = replace(current, **changes)  # type: ignore[arg-type] # names of its own fields
        return await self._note(changed) if changed != current else current

    async def _serve(self, found: Generations, pack: str, missing_max: int, upgrade: Upgrade) -> Upgrade:
        """Let the vectors of *pack* serve, then note *upgrade*; should that break off, `counted` knows better."""
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

    async def _described(self, catalog: str) -> Generations:
        found = await self.store.describe(catalog, counted=True)
        if found.upgrade is None:
            raise NotFound(
                f'The catalogue "{catalog}" was never upgraded.',
                reason=Reason.UPGRADE_NOT_FOUND,
                field="catalog",
                metadata={"catalog": catalog},
            )
        return found


def _kept_s(upgrade: Upgrade) -> float:
    return upgrade.plan.keep_hours * _SECONDS_PER_HOUR


def counted(found: Generations) -> Upgrade:
    """Return the upgrade of *found* with what the generations say: counts, and which of them serves."""
    if found.upgrade is None:
        raise ValueError("no upgrade is noted")
    upgrade = found.upgrade
    if found.other is None:
        return upgrade
    serves_target = found.serving.pack == upgrade.target_pack
    if serves_target and upgrade.phase not in {Phase.SWITCHED, *ENDED}:
        upgrade = replace(upgrade, phase=Phase.SWITCHED)
    if not serves_target and upgrade.phase is Phase.SWITCHED:
        upgrade = replace(upgrade, phase=Phase.ROLLED_BACK)
    return replace(
        upgrade, product_count=found.serving.product_count, upgraded_count=found.other.product_count
    )


def not_ready(upgrade: Upgrade, why: str) -> FailedPrecondition:
    """Return the error for an *upgrade* of which something is asked too early."""
    return FailedPrecondition(
        f'The upgrade of "{upgrade.catalog}" to "{upgrade.target_pack}" {why}.',
        reason=Reason.UPGRADE_NOT_READY,
        field="catalog",
        metadata={"catalog": upgrade.catalog, "phase": upgrade.phase.name},
    )
