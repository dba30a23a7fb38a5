"""What the encoder room says of a part, in the words of the request that the part came from."""

import pytest

from gateway.adapters.encoder import encode_part, outcome
from gateway.core.model.query import Content, Media
from triptych.internal.v1.encoder_service_pb2 import EncodedPart, EncodePart
from triptych.runtime.errors import to_status
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import FailedPrecondition, InvalidArgument, Reason
from triptych.vocabulary.media import Box, Focus


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (InvalidArgument("No.", reason=Reason.IMAGE_UNREADABLE, field="image.data"), "parts[2].image.data"),
        (
            FailedPrecondition(
                "No encoder.",
                reason=Reason.MODALITY_NOT_SERVED,
                field="image",
                metadata={"modality": "IMAGE"},
            ),
            "parts[2].image",
        ),
        (InvalidArgument("No.", reason=Reason.REGION_INVALID, field="region"), "parts[2].region"),
    ],
)
def test_errors_name_the_client_s_field(error, expected):
    """A part's error keeps its class, reason and numbers, and blames the field that the client sent."""
    content = Content(Modality.IMAGE, field="parts[2].image")

    seen = outcome(content, EncodedPart(error=to_status(error)))

    assert (type(error), error.reason, expected) == (type(seen), seen.reason, seen.field)
    assert error.metadata == seen.metadata


@pytest.mark.parametrize(
    ("focus", "expected"),
    [
        (Focus(), EncodePart(image=types_pb2.Media(data=b"x"))),
        (
            Focus(Box(0, 0, 0.5, 0.5), Box(0.5, 0, 1, 1)),
            EncodePart(
                image=types_pb2.Media(data=b"x"),
                region=types_pb2.BoundingBox(right=0.5, bottom=0.5),
                covered=types_pb2.BoundingBox(left=0.5, right=1, bottom=1),
            ),
        ),
    ],
)
def test_what_of_a_picture_is_looked_at_is_sent(focus, expected):
    """A region and what is covered reach the encoder; a whole picture says neither."""
    content = Content(Modality.IMAGE, "parts[0].image", media=Media(b"x"), focus=focus)

    assert expected == encode_part(content)


@pytest.mark.parametrize("modality", [Modality.IMAGE, Modality.AUDIO])
def test_what_was_kept_is_asked_for_by_its_id(modality):
    """A content id travels in a field of its own, before any address that the product also has."""
    content = Content(modality, "images[0]", media=Media(uri="https://x/a", content_id="sha256:0"))

    expected = EncodePart(**{f"{modality.name.lower()}_content_id": "sha256:0"})
    assert expected == encode_part(content)
