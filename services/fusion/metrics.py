"""Prometheus metrics of fusion beyond those of every RPC. Listed in README.md and docs/metrics.md."""

from collections.abc import Sequence

from prometheus_client import Counter

from services.fusion.core.fuser import Outcome
from triptych.vocabulary.choices import FusionStrategy
from triptych.vocabulary.errors import TriptychError

GROUPS = Counter(
    "triptych_fusion_groups",
    "Groups of vectors, by strategy and outcome: OK or the reason of the refusal.",
    ["strategy", "outcome"],
)


def count(strategy: FusionStrategy, outcomes: Sequence[Outcome]) -> None:
    """Count what became of the groups of one request."""
    for outcome in outcomes:
        label = outcome.reason.value if isinstance(outcome, TriptychError) else "OK"
        GROUPS.labels(strategy.name, label).inc()
