"""Prometheus metrics of every RPC, and the endpoint that shows them. Listed in docs/metrics.md (tested)."""

from prometheus_client import Counter, Gauge, Histogram

# From a cache hit to a request that nobody waits for any more.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter("triptych_rpc_requests", "RPCs that ended, by status code.", ["service", "method", "code"])
DURATION = Histogram(
    "triptych_rpc_duration_seconds",
    "Wall-clock time of an RPC in the server.",
    ["service", "method"],
    buckets=SECONDS,
)
IN_FLIGHT = Gauge("triptych_rpc_in_flight", "RPCs being worked on.", ["service", "method"])
READY = Gauge("triptych_ready", "1 when the room takes requests, 0 when it does not.")
