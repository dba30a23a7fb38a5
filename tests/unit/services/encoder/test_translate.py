"""Messages to core types and back."""

import numpy as np
import pytest

from services.encoder.core.parts import Media, Text
from services.encoder.translate import part_of, vector_message
from triptych.internal.v1.encoder_service_pb2 import EncodePart
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import Modality
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
    ],
)
def test_part(message, expected):
    """Every kind of part arrives; an empty file is a file, not an address."""
    assert expected == part_of(message)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Media(Modality.IMAGE, b""), "image.data"),
        (Media(Modality.IMAGE, uri="x"), "image.uri"),
        (Media(Modality.AUDIO, b"x"), "audio.data"),
        (Media(Modality.AUDIO, uri="x"), "audio.uri"),
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
