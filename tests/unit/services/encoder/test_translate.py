"""Messages to core types and back."""

import numpy as np
import pytest

from services.encoder.core.parts import Media, Text
from services.encoder.translate import part_of, vector_message
from triptych.internal.v1.encoder_service_pb2 import EncodePart
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.media import Box, Focus
from triptych.vocabulary.vectors import Vector


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (EncodePart(text="red"), Text("red")),
        (EncodePart(image=types_pb2.Media(data=b"x")), Media(Modality.IMAGE, b"x")),
        (EncodePart(image=types_pb2.Media(data=b"")), Media(Modality.IMAGE, b"")),
        (EncodePart(image=types_pb2.Media(uri="file:///x")), Media(Modality.IMAGE, uri="file:///x")),
        (EncodePart(audio=types_pb2.Media(data=b"x")), Media(Modality.AUDIO, b"x")),
        (EncodePart(audio=types_pb2.Media(uri="file:///x")), Media(Modality.AUDIO, uri="file:///x")),
        (EncodePart(image_content_id="sha256:0"), Media(Modality.IMAGE, kept="sha256:0")),
        (EncodePart(audio_content_id="sha256:0"), Media(Modality.AUDIO, kept="sha256:0")),
        (
            EncodePart(image=types_pb2.Media(data=b"x", content_id="sha256:0")),
            Media(Modality.IMAGE, b"x"),
        ),
    ],
)
def test_part(message, expected):
    """Every kind of part arrives; an empty file is a file, not an address, and a medium's own content id says nothing."""
    assert expected == part_of(message)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Media(Modality.IMAGE, b""), "image.data"),
        (Media(Modality.IMAGE, uri="x"), "image.uri"),
        (Media(Modality.AUDIO, b"x"), "audio.data"),
        (Media(Modality.AUDIO, uri="x"), "audio.uri"),
        (Media(Modality.IMAGE, kept="x"), "image.content_id"),
    ],
)
def test_field(part, expected):
    """The field to blame is the one that was sent."""
    assert expected == part.field


def test_vector():
    """A vector leaves packed, with its space."""
    message = vector_message(Vector(np.array([1, 0], np.float32), "demo-1/text"))

    expected = types_pb2.Vector(data=b"\0\0\x80\x3f\0\0\0\0", dimension=2, space="demo-1/text")
    assert expected == message.vector


def test_focus():
    """The region of a picture and what is covered of it arrive."""
    message = EncodePart(
        image=types_pb2.Media(data=b"x"),
        region=types_pb2.BoundingBox(left=0.25, right=1, bottom=0.5),
        covered=types_pb2.BoundingBox(right=0.5, bottom=1),
    )

    expected = Focus(Box(0.25, 0, 1, 0.5), Box(0, 0, 0.5, 1))
    assert Media(Modality.IMAGE, b"x", focus=expected) == part_of(message)


@pytest.mark.parametrize(
    ("part", "reason", "field"),
    [
        ({"image": types_pb2.Media(data=b"x"), "region": (0.5, 0, 0.5, 1)}, Reason.REGION_INVALID, "region"),
        (
            {"image": types_pb2.Media(data=b"x"), "covered": (0, 0.7, 1, 0.6)},
            Reason.REGION_INVALID,
            "covered",
        ),
        ({"audio_content_id": "sha256:0", "region": (0, 0, 1, 1)}, Reason.FIELD_INVALID, "region"),
        ({"text": "red", "region": (0, 0, 1, 1)}, Reason.FIELD_INVALID, "region"),
        ({"audio": types_pb2.Media(data=b"x"), "covered": (0, 0, 1, 1)}, Reason.FIELD_INVALID, "covered"),
    ],
)
def test_regions_that_are_none(part, reason, field):
    """A region without area, or of something that is no picture, is refused by name."""
    edges = ("left", "top", "right", "bottom")
    boxes = {
        name: types_pb2.BoundingBox(**dict(zip(edges, value, strict=True)))
        for name, value in part.items()
        if isinstance(value, tuple)
    }

    with pytest.raises(InvalidArgument) as raised:
        part_of(EncodePart(**{**part, **boxes}))

    assert (reason, field) == (raised.value.reason, raised.value.field)
