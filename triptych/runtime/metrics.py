"""Prometheus metrics that every room has, and the endpoint that shows them. Listed in docs/metrics.md (tested)."""

from collections.abc import Iterable
from importlib.metadata import version

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from triptych.vocabulary.vectors import ModelVersion

# When a series began is of no use to Prometheus, and would be as many series again.
disable_created_metrics()  # type: ignore[no-untyped-call]

# Codes of which the first one matters. Prometheus sees no increase in a series that begins with it.
WATCHED_CODES = ("OK", "DEADLINE_EXCEEDED", "INTERNAL", "RESOURCE_EXHAUSTED", "UNAVAILABLE")

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
BUILD = Gauge("triptych_build_info", "Always 1; the label tells which version runs.", ["version"])
BUILD.labels(version("triptych")).set(1)
MODELS = Gauge(
    "triptych_model_info",
    "Always 1; the labels tell which models of Triton the room has found.",
    ["model", "version", "space"],
)

_found: dict[str, ModelVersion] = {}


def begin_series(methods: Iterable[str]) -> None:
    """Show 0 for the full names *methods*, such as "/triptych.v1.CatalogService/GetProduct"."""
    for name in methods:
        for code in WATCHED_CODES:
            REQUESTS.labels(*name.strip("/").split("/"), code)


def note_model(name: str, found: ModelVersion | None) -> None:
    """Show *found* in place of what was known of the model *name*; None where there is none any more."""
    known = _found.get(name)
    if known == found:
        return
    if known is not None:
        MODELS.remove(known.name, known.version, known.space)
        del _found[name]
    if found is not None:
        MODELS.labels(found.name, found.version, found.space).set(1)
        _found[name] = found


SHED = Counter(
    "triptych_rpc_shed",
    "Requests refused because more was asked for than can be answered, by share (search, write) and by whether they "
    "waited for a moment before, there was no room even for that (full), or those there are too large together (bytes).",
    ["share", "reason"],
)
LIMIT = Gauge(
    "triptych_rpc_limit", "Requests of a share that are worked on at once at most, as it is now.", ["share"]
)
BREAKER = Gauge(
    "triptych_breaker_state",
    "Whether a method of another room is called: 0 yes (closed), 1 to see whether it answers again (half open), 2 no (open).",
    ["room", "method"],
)
