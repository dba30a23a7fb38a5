"""Which calls gRPC itself tries again, as a service config: reads, where a room was not there; never writes.

A retry costs a token and every answer gives a tenth of one back; below half of the tokens nothing is tried again. So at
most a tenth more is asked of rooms that fail.
"""

from collections.abc import Iterable
from typing import Any

# Full name of the service → the methods that change nothing.
READS = {
    "triptych.internal.v1.EncoderService": ("Encode", "Describe", "Transcribe", "DetectSpeech"),
    "triptych.internal.v1.FusionService": ("Fuse", "DescribeSpace"),
    "triptych.internal.v1.RankerService": ("Rank", "ListStrategies"),
    "triptych.internal.v1.SearchService": (
        "Search",
        "PlanWrites",
        "ReadProducts",
        "ListRecords",
        "ListCatalogs",
        "CorrectWords",
        "CompleteWords",
        "DescribeCatalog",
    ),
}
POLICY = {
    "maxAttempts": 3,
    "initialBackoff": "0.02s",
    "maxBackoff": "0.2s",
    "backoffMultiplier": 3,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
THROTTLING = {"maxTokens": 20, "tokenRatio": 0.1}


def retrying() -> dict[str, Any]:
    """Return what the service config of every channel between rooms says of retries."""
    return {
        "methodConfig": [{"name": names(READS.items()), "retryPolicy": POLICY}],
        "retryThrottling": THROTTLING,
    }


def names(reads: Iterable[tuple[str, Iterable[str]]]) -> list[dict[str, str]]:
    """Return the methods in the form of a service config."""
    return [{"service": service, "method": method} for service, methods in reads for method in methods]
