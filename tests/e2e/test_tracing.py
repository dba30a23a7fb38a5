"""One trace of a request through every room, down to Triton and Milvus."""

import json
import uuid

import pytest

from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

SEARCH = "triptych.v1.ProductSearchService/SearchProducts"
WORDS = "a striped mug of enamel"
ROOMS = {"triptych-gateway", "triptych-encoder", "triptych-fusion", "triptych-search", "triptych-ranker"}


@pytest.fixture(scope="module")
def traced(shop, collector):
    """The spans of a search by words and a photo whose client has begun the trace: its id, and the client's span."""
    trace, parent = uuid.uuid4().hex, uuid.uuid4().hex[:16]
    photo = (shop.folder / "images" / f"{next(iter(shop.items))}-0.jpg").read_bytes()
    request = pb.SearchProductsRequest(
        catalog=shop.catalog,
        parts=[pb.QueryPart(text=WORDS), pb.QueryPart(image=types_pb2.Media(data=photo))],
    )
    headers = (("traceparent", f"00-{trace}-{parent}-01"), ("x-request-id", "traced-1"))
    shop.search_stub.SearchProducts(request, timeout=20, metadata=headers)

    # Rooms send every five seconds, each for itself.
    spans = collector.wait(trace, lambda spans: {span.service for span in spans} == ROOMS and any(span.name == SEARCH for span in spans))  # fmt: skip
    return spans, parent


def test_every_hop_is_there(traced):
    """All rooms, Triton's models and Milvus's search, each called from where it should be."""
    spans, parent = traced
    by_id = {span.id: span for span in spans}
    calls = {
        (by_id[span.parent].service, by_id[span.parent].name, span.service, span.name)
        for span in spans
        if span.parent in by_id
    }

    (first,) = [span for span in spans if span.parent not in by_id]
    assert (SEARCH, parent) == (first.name, first.parent)
    for room in ROOMS - {"triptych-gateway"}:
        assert any(
            above == "triptych-gateway" and below == room and name.split(".")[0] in room
            for above, name, below, _ in calls
        )
    triton = {span.service for span in spans if span.name == "triton.infer"}
    assert {"triptych-encoder", "triptych-fusion"} <= triton
    assert {"triptych-search"} == {span.service for span in spans if span.name == "milvus.Search"}


def test_stages_stand_between_the_request_and_its_calls(traced):
    """The walk can be read from the trace: encode, fuse, search, rank, in the gateway."""
    spans, _ = traced
    (first,) = [span for span in spans if span.name == SEARCH]
    stages = {span.name for span in spans if span.name.startswith("stage.")}
    by_id = {span.id: span for span in spans}

    assert {"stage.encode", "stage.fuse", "stage.search", "stage.rank"} <= stages
    for each in ("encode", "fuse", "search", "rank"):
        (stage,) = [span for span in spans if span.name == f"stage.{each}"]
        assert first.id == stage.parent
        assert any(by_id.get(span.parent) == stage for span in spans)


def test_spans_tell_what_was_done_and_nothing_of_the_query(traced):
    """Path, model, rows and the request's id; no word of the customer's."""
    spans, _ = traced
    (first,) = [span for span in spans if span.name == SEARCH]

    assert "multimodal" in first.attributes["triptych.path"]
    assert "OK" == first.attributes["rpc.response.status_code"]
    assert {"traced-1"} == {
        span.attributes["triptych.request_id"] for span in spans if "rpc.method" in span.attributes
    }
    assert {"triptych.model", "triptych.rows"} <= {
        key for span in spans if span.name == "triton.infer" for key in span.attributes
    }
    told = json.dumps([str(span) for span in spans])
    assert not any(word in told for word in ("striped", "enamel"))


def test_who_does_not_ask_is_not_traced(shop, collector):
    """With a ratio of 0 the collector hears of no other request."""
    trace = uuid.uuid4().hex
    part = pb.QueryPart(text=WORDS)
    request = pb.SearchProductsRequest(catalog=shop.catalog, parts=[part])
    header = (("traceparent", f"00-{trace}-{uuid.uuid4().hex[:16]}-00"),)
    shop.search_stub.SearchProducts(request, timeout=20, metadata=header)
    shop.find(part)

    assert [] == collector.wait(trace, bool, timeout_s=6)
