"""The words of upgrades."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from gateway.core.model.catalog import StoredVector
from gateway.core.ports.rooms import Encoder, Fuser
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.vectors import Space

# So many refused products are named.
REFUSED_SHOWN_MAX = 20


class Phase(IntEnum):
    """Where an upgrade is; the numbers are those of Upgrade.Phase."""

    BACKFILLING = 1
    COMPARING = 2
    READY = 3
    SWITCHED = 4
    ROLLED_BACK = 5
    FINISHED = 6
    CANCELLED = 7


# In these there is nothing left to do.
ENDED = frozenset({Phase.FINISHED, Phase.CANCELLED})
# In these the vectors that do not serve are kept for a while.
KEPT = frozenset({Phase.SWITCHED, Phase.ROLLED_BACK})


@dataclass(frozen=True)
class Plan:
    """What is asked of an upgrade; see UpgradePlan."""

    overlap_min: float = 0.0
    ndcg_ratio_min: float = 0.95
    sample_queries: tuple[str, ...] = ()
    auto_switch: bool = False
    keep_hours: float = 24.0
    allow_refused: bool = False


@dataclass(frozen=True)
class Refused:
    """A product that the new pack has no vectors of, and why."""

    id: str
    reason: str
    field: str


@dataclass(frozen=True)
class Comparison:
    """The same queries asked of both packs; see UpgradeComparison."""

    query_count: int
    overlap_at_10: float
    judged_query_count: int = 0
    ndcg_at_10_source: float = 0.0
    ndcg_at_10_target: float = 0.0


@dataclass(frozen=True)
class Upgrade:
    """An upgrade of a catalogue from one pack to another; times in seconds since 1970, 0 for not yet.

    Args:
        product_count, upgraded_count: as last counted.
        refused: the first of them.
        gate: why a switch is refused, in words.
        waiting_for: what keeps it from getting on.
    """

    catalog: str
    source_pack: str
    target_pack: str
    plan: Plan = Plan()
    phase: Phase = Phase.BACKFILLING
    product_count: int = 0
    upgraded_count: int = 0
    refused_count: int = 0
    refused: tuple[Refused, ...] = ()
    comparison: Comparison | None = None
    gate: tuple[str, ...] = ()
    waiting_for: str = ""
    start_time: float = 0.0
    ready_time: float = 0.0
    switch_time: float = 0.0
    finish_time: float = 0.0

    @property
    def beside_pack(self) -> str:
        """The pack whose vectors are kept up beside those that serve."""
        return self.source_pack if self.phase is Phase.SWITCHED else self.target_pack

    @property
    def missing_count(self) -> int:
        """How many products lack vectors of the one pack."""
        return max(0, self.product_count - self.upgraded_count)

    @property
    def unfilled_count(self) -> int:
        """How many products lack such vectors that were not refused; below 0 where there are vectors of no product."""
        return self.product_count - self.upgraded_count - self.refused_count


@dataclass(frozen=True)
class Generation:
    """The vectors of a catalogue by one pack; *product_count* where it was counted."""

    name: str
    pack: str
    product_count: int = 0


@dataclass(frozen=True)
class Generations:
    """The one that serves, the one beside it, and what is noted of the upgrade."""

    serving: Generation
    other: Generation | None = None
    upgrade: Upgrade | None = None


@dataclass(frozen=True, eq=False)
class Pair:
    """An encoder and a fusion that serve one pack."""

    encoder: Encoder
    fuser: Fuser


@dataclass(frozen=True, eq=False)
class Beside:
    """Vectors of products by the pack beside the one that serves, by the products' ids."""

    spaces: Mapping[SpaceKind, Space]
    vectors: Mapping[str, tuple[StoredVector, ...]] = field(default_factory=dict)
