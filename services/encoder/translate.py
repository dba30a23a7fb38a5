"""Between the messages of encoder_service.proto and the core's types."""

from google.rpc.status_pb2 import Status

from services.encoder.core.parts import Media, Part, Text
from triptych.internal.v1.encoder_service_pb2 import EncodedPart, EncodePart
from triptych.runtime import wire
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.vectors import Vector


def part_of(message: EncodePart) -> Part:
    """Return the core's form of a valid part."""
    if message.HasField("text"):
        return Text(message.text)
    if message.HasField("image"):
        return media_of(Modality.IMAGE, message.image)
    return media_of(Modality.AUDIO, message.audio)


def media_of(modality: Modality, message: types_pb2.Media) -> Media:
    """Return the core's form of a picture or a sound."""
    if message.HasField("uri"):
        return Media(modality, uri=message.uri)
    return Media(modality, data=message.data)


def vector_message(vector: Vector) -> EncodedPart:
    """Return the outcome of a part that was encoded."""
    return EncodedPart(vector=wire.vector_message(vector.values, vector.space))


def error_message(status: Status) -> EncodedPart:
    """Return the outcome of a part that could not be encoded."""
    return EncodedPart(error=status)
