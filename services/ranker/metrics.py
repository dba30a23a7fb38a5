"""Prometheus metrics of the ranker beyond those of every RPC. Listed in docs/metrics.md."""

from prometheus_client import Histogram

from triptych.runtime.metrics import SECONDS

CANDIDATES = Histogram(
    "triptych_ranker_candidates",
    "Candidates put in order together, by strategy.",
    ["strategy"],
    buckets=(1, 5, 10, 20, 50, 100, 200, 500, 1000),
)
MODEL_SECONDS = Histogram("triptych_ranker_model_seconds", "Time of one call of Triton.", buckets=SECONDS)
BATCH_ROWS = Histogram(
    "triptych_ranker_batch_rows", "Candidates in one call of Triton.", buckets=(1, 8, 32, 64, 128, 256, 512)
)
