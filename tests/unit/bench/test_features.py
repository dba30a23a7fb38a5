"""The bench of features."""

import pytest

from bench.features import FEATURES, PLAIN, rows
from bench.latency import Timings
from triptych.runtime.validation import validate
from triptych.v1 import product_search_service_pb2 as pb


@pytest.mark.parametrize("name", FEATURES)
def test_features_are_requests(name):
    """Each is a request that the schema allows, and all but the plain one ask for something."""
    request = pb.SearchProductsRequest(parts=[pb.QueryPart(text="red mug")], page_size=10)
    plain = request.SerializeToString(deterministic=True)
    request.MergeFrom(pb.SearchProductsRequest(**FEATURES[name]))
    validate(request)

    assert (name == PLAIN) == (plain == request.SerializeToString(deterministic=True))


def test_figures():
    """A feature is told beside the plain search of the same run."""
    timings = {PLAIN: Timings([0.01, 0.02, 0.03]), "explain": Timings([0.05])}

    assert [
        {
            "query": "words",
            "feature": PLAIN,
            "clients": 1,
            "calls": 3,
            "p50_ms": 20.0,
            "p99_ms": 29.8,
            "ratio": 1.0,
            "added_ms": 0.0,
        },
        {
            "query": "words",
            "feature": "explain",
            "clients": 1,
            "calls": 1,
            "p50_ms": 50.0,
            "p99_ms": 50.0,
            "ratio": 2.5,
            "added_ms": 30.0,
        },
    ] == rows("words", 1, timings)
