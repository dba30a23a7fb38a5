"""Every bound of every public request that asks: broken one by one, refused by name, and no bound forgotten."""

import re
from collections.abc import Iterator

import grpc
import pytest
from broken.cases import Broken
from broken.others import (
    calibrations,
    descriptions,
    event_lists,
    events,
    recognitions,
    recommendations,
    recordings,
    suggestions,
    transcriptions,
)
from broken.searches import searches
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from grpc_status import rpc_status

from triptych.runtime.errors import from_status
from triptych.thirdparty import validate_pb2
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.v1 import feedback_service_pb2 as feedback_pb
from triptych.v1 import feedback_service_pb2_grpc as feedback_grpc
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import product_search_service_pb2_grpc as search_grpc
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import Reason

CASES = {
    "SearchProducts": searches,
    "SuggestQueries": suggestions,
    "RecommendProducts": recommendations,
    "RecognizeProduct": recognitions,
    "DescribeImage": descriptions,
    "TranscribeAudio": transcriptions,
    "RecordEvents": recordings,
    "ListEvents": event_lists,
    "SetCalibration": calibrations,
}
REQUESTS = {
    "SearchProducts": pb.SearchProductsRequest,
    "SuggestQueries": pb.SuggestQueriesRequest,
    "RecommendProducts": pb.RecommendProductsRequest,
    "RecognizeProduct": pb.RecognizeProductRequest,
    "DescribeImage": pb.DescribeImageRequest,
    "TranscribeAudio": pb.TranscribeAudioRequest,
    "RecordEvents": feedback_pb.RecordEventsRequest,
    "ListEvents": feedback_pb.ListEventsRequest,
    "SetCalibration": catalog_pb.SetCalibrationRequest,
}
CODES = {
    Reason.CATALOG_NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Reason.PRODUCT_NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Reason.NOT_CALIBRATED: grpc.StatusCode.FAILED_PRECONDITION,
}


@pytest.fixture(scope="module")
def methods(shop):
    """Every method by its name, on a catalogue "default" with a product; searches are answered after all as before."""
    stubs = [
        stub(shop.channel)
        for stub in (
            search_grpc.ProductSearchServiceStub,
            catalog_grpc.CatalogServiceStub,
            feedback_grpc.FeedbackServiceStub,
        )
    ]
    product = types_pb2.Product(id="mug", title="red mug", price={"units": 5})
    shop.catalog_stub.UpsertProducts(catalog_pb.UpsertProductsRequest(products=[product]), timeout=20)
    before = shop.find(pb.QueryPart(text="red mug"))
    yield {name: getattr(stub, name) for stub in stubs for name in CASES if hasattr(stub, name)}
    after = shop.find(pb.QueryPart(text="red mug"))
    assert [each.product.id for each in before.results] == [each.product.id for each in after.results]


def cases() -> Iterator[object]:
    """Yield each request under a name that can be read."""
    for method, broken in CASES.items():
        for number, case in enumerate(broken()):
            yield pytest.param(method, case, id=f"{method}-{number}-{case.field}")


@pytest.mark.parametrize(("method", "case"), list(cases()))
def test_a_broken_bound_is_told_by_name(methods, method: str, case: Broken):
    """The code is canonical, the reason is for programs, the field is the one to blame, the sentence is for people."""
    with pytest.raises(grpc.RpcError) as caught:
        methods[method](case.message, timeout=20)

    error = from_status(rpc_status.from_call(caught.value))
    expected = CODES.get(case.reason, grpc.StatusCode.INVALID_ARGUMENT), case.reason, case.field
    assert expected == (caught.value.code(), error.reason, error.field)
    assert caught.value.details().endswith(".")


def test_a_broken_event_is_told_by_name(methods):
    """Each in its own outcome, with its place in the request."""
    broken = list(events())
    request = feedback_pb.RecordEventsRequest(events=[case.message for case in broken])

    outcomes = [from_status(each) for each in methods["RecordEvents"](request, timeout=20).outcomes]

    expected = [(case.reason, f"events[{at}].{case.field}") for at, case in enumerate(broken)]
    assert expected == [(error.reason, error.field) for error in outcomes]


@pytest.mark.parametrize("method", CASES)
def test_no_bound_is_forgotten(method):
    """Each field that has a rule in the schema is to blame in one of the cases above."""
    blamed = {re.sub(r"\[.*?\]", "[]", case.field) for case in CASES[method]()}
    if method == "RecordEvents":
        blamed |= {f"events[].{case.field}" for case in events()}

    bounded = set(bounds(REQUESTS[method].DESCRIPTOR))

    assert bounded
    assert set() == bounded - blamed


def bounds(message: Descriptor, path: str = "") -> Iterator[str]:
    """Yield the path of every field under *message* that has a rule, with [] for whatever stands in brackets."""
    for oneof in message.oneofs:
        if oneof.GetOptions().Extensions[validate_pb2.oneof].required:
            yield path + oneof.name
    for field in message.fields:
        rules = field.GetOptions().Extensions[validate_pb2.field]
        if rules.required or rules.WhichOneof("type"):
            yield path + field.name
        if any(each.WhichOneof("type") for each in (rules.repeated.items, rules.map.keys, rules.map.values)):
            yield f"{path}{field.name}[]"
        inner, in_brackets = held(field)
        if inner is not None and inner.file.package == message.file.package:
            yield from bounds(inner, f"{path}{field.name}{'[]' if in_brackets else ''}.")


def held(field: FieldDescriptor) -> tuple[Descriptor | None, bool]:
    """Return the message that *field* holds, and whether a place or a key leads to it."""
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return field.message_type.fields_by_name["value"].message_type, True
    return field.message_type, field.is_repeated
