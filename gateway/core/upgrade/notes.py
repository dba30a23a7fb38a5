"""What is noted of upgrades, read together with what the generations themselves say, which knows better."""

from dataclasses import dataclass, replace

from gateway.core.upgrade.model import ENDED, Generations, Phase, Upgrade
from gateway.core.upgrade.ports import GenerationStore
from triptych.vocabulary.errors import FailedPrecondition, NotFound, Reason, TriptychError

_SECONDS_PER_HOUR = 3_600


@dataclass(frozen=True)
class Notes:
    """The notes in *store*."""

    store: GenerationStore

    async def found(self, catalog: str) -> tuple[Generations, Upgrade]:
        """Return the generations of *catalog*, counted, and its last upgrade.

        Raises:
            NotFound: CATALOG_NOT_FOUND, UPGRADE_NOT_FOUND.
        """
        found = await self.store.describe(catalog, counted=True)
        if found.upgrade is None:
            raise NotFound(
                f'The catalogue "{catalog}" was never upgraded.',
                reason=Reason.UPGRADE_NOT_FOUND,
                field="catalog",
                metadata={"catalog": catalog},
            )
        return found, counted(found)

    async def current(self, noted: Upgrade) -> Upgrade:
        """Return a *noted* upgrade that has not ended with what the generations say now; as it is noted, if they cannot be asked."""
        if noted.phase in ENDED:
            return noted
        try:
            return (await self.found(noted.catalog))[1]
        except TriptychError:
            return noted

    async def update(self, upgrade: Upgrade, **changes: object) -> Upgrade:
        """Note *changes* unless somebody brought the upgrade to another phase meanwhile; return how it is then."""
        _, current = await self.found(upgrade.catalog)
        if current.phase is not upgrade.phase:
            return current
        changed: Upgrade = replace(current, **changes)  # type: ignore[arg-type] # names of its own fields
        if changed != current:
            await self.store.note(changed)
        return changed


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


def kept_s(upgrade: Upgrade) -> float:
    """Return for how many seconds the vectors that do not serve are kept."""
    return upgrade.plan.keep_hours * _SECONDS_PER_HOUR


def not_ready(upgrade: Upgrade, why: str) -> FailedPrecondition:
    """Return the error for an *upgrade* of which something is asked too early."""
    return FailedPrecondition(
        f'The upgrade of "{upgrade.catalog}" to "{upgrade.target_pack}" {why}.',
        reason=Reason.UPGRADE_NOT_READY,
        field="catalog",
        metadata={"catalog": upgrade.catalog, "phase": upgrade.phase.name},
    )
