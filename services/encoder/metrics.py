"""Prometheus metrics of the encoder beyond those of every RPC. Listed in README.md and docs/metrics.md."""

from collections.abc import Sequence

from prometheus_client import Counter, Histogram

from services.encoder.core.parts import Outcome, Part
from triptych.runtime.metrics import SECONDS
from triptych.vocabulary.errors import TriptychError

PARTS = Counter(
    "triptych_encoder_parts",
    "Parts by modality and outcome: OK or the reason of the refusal.",
    ["modality", "outcome"],
)
DECODE_SECONDS = Histogram(
    "triptych_encoder_decode_seconds",
    "Time in a decoding thread of one picture or sound, refused ones too.",
    ["modality"],
    buckets=SECONDS,
)
MODEL_SECONDS = Histogram(
    "triptych_encoder_model_seconds", "Time of one call of Triton.", ["model"], buckets=SECONDS
)
BATCH_ROWS = Histogram(
    "triptych_encoder_batch_rows",
    "Inputs in one call of Triton.",
    ["model"],
    buckets=(1, 2, 4, 8, 16, 32, 64, 128),
)

VECTORS = Counter(
    "triptych_encoder_vectors",
    "Vectors by where they came from: MADE by the model, SHARED with another part or caller, REMEMBERED.",
    ["modality", "source"],
)

FETCHES = Counter(
    "triptych_encoder_fetches",
    "Fetches from web servers by outcome: OK, RECENT (fetched a moment ago) or the reason of the failure.",
    ["outcome"],
)


def count(parts: Sequence[Part | TriptychError], outcomes: Sequence[Outcome]) -> None:
    """Count what became of the parts of one request."""
    for part, outcome in zip(parts, outcomes, strict=True):
        modality = "NONE" if isinstance(part, TriptychError) else part.modality.name
        label = outcome.reason.value if isinstance(outcome, TriptychError) else "OK"
        PARTS.labels(modality, label).inc()
