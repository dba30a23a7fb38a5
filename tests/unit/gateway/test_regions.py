"""Regions of pictures in requests."""

import pytest

from gateway.translate.queries import part
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.media import Box, Focus

PICTURE = types_pb2.Media(data=b"x")
HALF = types_pb2.BoundingBox(right=0.5, bottom=1)


def test_a_region():
    """The region of an image is what of it is looked at; without one it is all."""
    with_region = part(0, pb.QueryPart(image=PICTURE, region=HALF))
    without = part(0, pb.QueryPart(image=PICTURE))

    assert [Focus(Box(0, 0, 0.5, 1)), Focus()] == [with_region.content.focus, without.content.focus]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (pb.QueryPart(image=PICTURE, region=types_pb2.BoundingBox()), Reason.REGION_INVALID),
        (
            pb.QueryPart(image=PICTURE, region=types_pb2.BoundingBox(top=0.5, right=1, bottom=0.5)),
            Reason.REGION_INVALID,
        ),
        (pb.QueryPart(text="red mug", region=HALF), Reason.FIELD_INVALID),
        (pb.QueryPart(product_id="mug", region=HALF), Reason.FIELD_INVALID),
    ],
)
def test_regions_that_are_none(message, reason):
    """A region without area, or of something that is no image, is refused by name."""
    with pytest.raises(InvalidArgument) as raised:
        part(2, message)

    assert (reason, "parts[2].region") == (raised.value.reason, raised.value.field)
