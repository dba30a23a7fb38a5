"""The gateway's own metrics, beside those of every RPC. Listed in docs/metrics.md (tested)."""

from prometheus_client import Counter, Gauge, Histogram

from gateway.metrics_upgrade import UpgradeMetrics
from triptych.runtime.metrics import SECONDS

STAGE = Histogram(
    "triptych_gateway_stage_duration_seconds",
    "Wall-clock time of a search's stage.",
    ["stage"],
    buckets=SECONDS,
)
SEARCHES = Counter(
    "triptych_gateway_searches",
    "Searches answered, by the path that they walked, the fusion and the ranking.",
    ["path", "fusion", "ranking"],
)
RESULTS = Histogram(
    "triptych_gateway_results",
    "Products on a first page, by kind of query.",
    ["kind"],
    buckets=(0, 1, 2, 5, 10, 20, 50, 100),
)
EMPTY_ANSWERS = Counter("triptych_gateway_empty_answers", "Searches answered with no product.")
DEGRADATIONS = Counter(
    "triptych_gateway_degradations",
    "Things left out of answers so that they came in time, by what and why.",
    ["step", "reason"],
)
PRODUCTS = Counter("triptych_gateway_products", "Products sent to be stored, by outcome.", ["outcome"])
RECOGNITIONS = Counter(
    "triptych_gateway_recognitions",
    "Photos in which a product was to be recognised, by whether anything like it is known.",
    ["outcome"],
)
BEST_RELEVANCE = Histogram(
    "triptych_gateway_best_relevance",
    "Probability that the most relevant product of a first page is relevant, where the catalogue is calibrated.",
    ["kind"],
    buckets=[tenth / 10 for tenth in range(1, 11)],
)
RECOMMENDED = Counter(
    "triptych_gateway_recommended", "Products recommended, by what counted most.", ["reason"]
)
EVENTS = Counter("triptych_gateway_events", "Events sent to be recorded, by outcome.", ["outcome"])
INGEST_STREAMS = Gauge("triptych_gateway_ingest_streams", "Streams of products that are open.")
INGEST_WAITING = Gauge(
    "triptych_gateway_ingest_waiting_products",
    "Products of streams that were taken and are not acknowledged yet.",
)
INGEST_BATCH_ITEMS = Histogram(
    "triptych_gateway_ingest_batch_items",
    "Products of streams written together.",
    buckets=[1, 2, 4, 8, 16, 32, 64, 100],
)
INGEST_LAG = Histogram(
    "triptych_gateway_ingest_lag_seconds",
    "Time from a product's arrival in a stream to its acknowledgement.",
    buckets=[*SECONDS, 30.0, 60.0, 120.0],
)
INGEST_BACK_OFFS = Counter(
    "triptych_gateway_ingest_back_offs",
    "Times that a client was asked to send less, by the reason of what could not be written.",
    ["reason"],
)
UPGRADES = UpgradeMetrics()
