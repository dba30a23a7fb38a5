"""All public requests but SearchProducts and the writing of products."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.duration_pb2 import Duration

from broken.cases import (
    BAD_ENUM,
    NAN,
    PICTURE,
    SHARES,
    Broken,
    catalogs,
    filters,
    pictures,
    regions,
    sounds,
    under,
)
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import feedback_service_pb2 as feedback_pb
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import Reason

WEIGHTS = (-1_000_001, 1_000_001, NAN)


def recommendations() -> Iterator[Broken]:
    """Yield requests of RecommendProducts."""
    request, good = pb.RecommendProductsRequest, {"product_id": "a", "type": types_pb2.EVENT_TYPE_BOUGHT}
    yield from catalogs(request)
    yield from filters(request)
    yield Broken("events", request(events=[pb.CustomerEvent(**good)] * 2001))
    for field, values in (("product_id", ("", "a" * 129)), ("type", (0, BAD_ENUM))):
        for value in values:
            event = pb.CustomerEvent(**{**good, field: value})
            yield Broken(f"events[0].{field}", request(events=[event]))
    yield Broken("page_size", request(page_size=-1))
    for seconds in (0, -1):
        yield Broken("half_life", request(half_life=Duration(seconds=seconds)))
    for share in SHARES:
        yield Broken("diversity_lambda", request(diversity_lambda=share))


def recognitions() -> Iterator[Broken]:
    """Yield requests of RecognizeProduct."""

    def recognize(**fields: Any) -> pb.RecognizeProductRequest:
        return pb.RecognizeProductRequest(**{"image": types_pb2.Media(data=PICTURE), **fields})

    yield from catalogs(pb.RecognizeProductRequest, image=types_pb2.Media(data=PICTURE))
    yield Broken("image", pb.RecognizeProductRequest())
    for case in pictures():
        yield under("image", case, recognize(image=case.message))
    for case in regions():
        yield under("region", case, recognize(region=case.message))
    for matches in (-1, 21):
        yield Broken("matches", recognize(matches=matches))


def suggestions() -> Iterator[Broken]:
    """Yield requests of SuggestQueries."""
    yield from catalogs(pb.SuggestQueriesRequest, text="red")
    for text in ("", "a" * 257):
        yield Broken("text", pb.SuggestQueriesRequest(text=text))
    for limit in (-1, 51):
        yield Broken("limit", pb.SuggestQueriesRequest(text="red", limit=limit))


def descriptions() -> Iterator[Broken]:
    """Yield requests of DescribeImage."""
    yield Broken("image", pb.DescribeImageRequest())
    for case in pictures():
        yield under("image", case, pb.DescribeImageRequest(image=case.message))


def transcriptions() -> Iterator[Broken]:
    """Yield requests of TranscribeAudio."""
    yield Broken("audio", pb.TranscribeAudioRequest())
    for case in sounds():
        yield under("audio", case, pb.TranscribeAudioRequest(audio=case.message))


def recordings() -> Iterator[Broken]:
    """Yield requests of RecordEvents that are refused as a whole."""
    yield Broken("events", feedback_pb.RecordEventsRequest())
    yield Broken("events", feedback_pb.RecordEventsRequest(events=[feedback_pb.ShownEvent()] * 1001))


def events() -> Iterator[Broken]:
    """Yield events, each of which has an outcome of its own."""
    good = {
        "event_id": "e1",
        "attribution_token": "no token",
        "product_id": "a",
        "type": types_pb2.EVENT_TYPE_CLICKED,
    }
    for field, values in (
        ("event_id", ("", "a" * 65)),
        ("attribution_token", ("", "a" * 262_145)),
        ("product_id", ("", "a" * 129)),
        ("type", (0, BAD_ENUM)),
    ):
        for value in values:
            yield Broken(field, feedback_pb.ShownEvent(**{**good, field: value}))
    for token in ("no token", "a.b"):
        event = feedback_pb.ShownEvent(**{**good, "attribution_token": token})
        yield Broken("attribution_token", event, Reason.ATTRIBUTION_TOKEN_INVALID)


def event_lists() -> Iterator[Broken]:
    """Yield requests of ListEvents; a catalogue of which no event was recorded has none."""
    request = feedback_pb.ListEventsRequest
    yield from (case for case in catalogs(request) if case.reason is Reason.FIELD_INVALID)
    yield Broken("page_size", request(page_size=-1))
    yield Broken("page_token", request(page_token="1" * 65))
    for token in ("no token", "-1", "9" * 30):
        yield Broken("page_token", request(page_token=token), Reason.PAGE_TOKEN_INVALID)


def calibrations() -> Iterator[Broken]:
    """Yield requests of SetCalibration."""
    curve = catalog_pb.Calibration.Curve

    def calibrated(field: str, **curves: catalog_pb.Calibration.Curve) -> Broken:
        calibration = catalog_pb.Calibration(curves=curves)
        return Broken(f"calibration.{field}", catalog_pb.SetCalibrationRequest(calibration=calibration))

    yield from catalogs(catalog_pb.SetCalibrationRequest)
    yield calibrated("curves", **{f"c{at}": curve() for at in range(17)})
    for name in ("", "a" * 33, "photo"):
        yield calibrated(f'curves["{name}"]', **{name: curve()})
    for value in WEIGHTS:
        yield calibrated('curves["text"].intercept', text=curve(intercept=value))
        yield calibrated('curves["text"].weights["cosine"]', text=curve(weights={"cosine": value}))
    for share in SHARES:
        yield calibrated('curves["text"].error', text=curve(error=share))
    yield calibrated('curves["text"].judgements', text=curve(judgements=-1))
    yield calibrated('curves["text"].weights', text=curve(weights={f"w{at}": 1 for at in range(17)}))
    yield calibrated('curves["text"].weights["price"]', text=curve(weights={"price": 1}))
    for value in ("gap", "rank"):
        yield calibrated(f'curves["recognition"].weights["{value}"]', recognition=curve(weights={value: 1}))
