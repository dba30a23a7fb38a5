"""What a catalogue is like, and its calibration, seen by a client."""

import grpc
import pytest
from grpc_status import rpc_status

from triptych.runtime.errors import from_status
from triptych.v1 import catalog_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import Reason

CURVE = pb.Calibration.Curve(
    intercept=-3, weights={"cosine": 8.5, "lexical": 0.1}, judgements=200, error=0.02
)


@pytest.fixture
async def catalog(stubs):
    """The catalogue's stub; one product is there."""
    _, stub = stubs
    product = types_pb2.Product(id="a", title="red mug")
    product.attributes["colour"].string_value = "red"
    await stub.UpsertProducts(pb.UpsertProductsRequest(products=[product]))
    return stub


async def refusal(rpc):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rpc
    return from_status(rpc_status.from_call(caught.value))


async def test_attributes_are_told_with_their_kinds(catalog):
    """A client learns what it can filter by; no calibration is none, not an empty one."""
    answer = await catalog.GetCatalog(pb.GetCatalogRequest())

    assert "default" == answer.catalog
    assert {"colour": ["string"]} == {name: list(each.kinds) for name, each in answer.attributes.items()}
    assert not answer.HasField("calibration")


async def test_a_calibration_is_set_told_and_removed(catalog):
    """Every number of a curve comes back; setting none removes it."""
    calibration = pb.Calibration(curves={"text": CURVE, "any": CURVE})

    await catalog.SetCalibration(pb.SetCalibrationRequest(calibration=calibration))
    assert calibration == (await catalog.GetCatalog(pb.GetCatalogRequest())).calibration

    await catalog.SetCalibration(pb.SetCalibrationRequest())
    assert not (await catalog.GetCatalog(pb.GetCatalogRequest())).HasField("calibration")


@pytest.mark.parametrize(
    ("curves", "field", "words"),
    [
        ({"photo": CURVE}, 'calibration.curves["photo"]', "none of text, image, audio, mixed"),
        (
            {"text": pb.Calibration.Curve(weights={"price": 1})},
            'calibration.curves["text"].weights["price"]',
            "none of cosine, lexical, gap",
        ),
        ({"text": pb.Calibration.Curve(intercept=float("nan"))}, "", "greater than or equal to -1000000"),
        ({"text": pb.Calibration.Curve(weights={"gap": float("inf")})}, "", "less than or equal to 1000000"),
        (
            {"recognition_match": pb.Calibration.Curve(weights={"gap": 1})},
            'calibration.curves["recognition_match"].weights["gap"]',
            "none of cosine, rank.",
        ),
        (
            {"recognition_category": pb.Calibration.Curve(weights={"rank": 1})},
            'calibration.curves["recognition_category"].weights["rank"]',
            "none of cosine.",
        ),
        ({"text": pb.Calibration.Curve(error=1.5)}, "", "less than or equal to 1"),
        ({"text": pb.Calibration.Curve(judgements=-1)}, "", "greater than or equal to 0"),
    ],
)
async def test_curves_that_mean_nothing_are_refused(catalog, curves, field, words):
    """A curve is for a kind of query that there is, weighs what is known, and has numbers that are numbers."""
    error = await refusal(
        catalog.SetCalibration(pb.SetCalibrationRequest(calibration=pb.Calibration(curves=curves)))
    )

    assert Reason.FIELD_INVALID == error.reason
    assert words in error.message
    assert error.field.startswith(field or "calibration.curves")


async def test_a_catalogue_that_is_not_there_is_not_found(catalog):
    """Neither has it attributes, nor is anything kept with it."""
    for call in (
        catalog.GetCatalog(pb.GetCatalogRequest(catalog="nowhere")),
        catalog.SetCalibration(pb.SetCalibrationRequest(catalog="nowhere")),
    ):
        assert Reason.CATALOG_NOT_FOUND == (await refusal(call)).reason
