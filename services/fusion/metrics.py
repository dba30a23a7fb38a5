"""Prometheus metrics of fusion beyond those of every RPC. Listed in README.md and docs/metrics.md."""

from collections.abc import Sequence

from prometheus_client import Counter, Histogram

from services.fusion.core.fuser import Outcome
from triptych.runtime.metrics import SECONDS
from triptych.vocabulary.choices import FusionStrategy
from triptych.vocabulary.errors import TriptychError

GROUPS = Counter(
    "triptych_fusion_groups",
    "Groups of vectors, by strategy and outcome: OK or the reason of the refusal.",
    ["strategy", "outcome"],
)

MODEL_SECONDS = Histogram("triptych_fusion_model_seconds", "Time of one call of Triton.", buckets=SECONDS)
BATCH_ROWS = Histogram(
    "triptych_fusion_batch_rows", "Groups in one call of Triton.", buckets=(1, 2, 4, 8, 16, 32, 64, 128)
)


def count(strategy: FusionStrategy, outcomes: Sequence[Outcome]) -> None:
    """Count what became of the groups of one request."""
    for outcome in outcomes:
        label = outcome.reason.value if isinstance(outcome, TriptychError) else "OK"
        GROUPS.labels(strategy.name, label).inc()
