"""Between the messages of encoder_service.proto and the core's types."""

from google.rpc.status_pb2 import Status

from services.encoder.core.parts import Media, Part, Text
from triptych.internal.v1.encoder_service_pb2 import EncodedPart, EncodePart
from triptych.internal.v1.space_pb2 import Space as SpaceMessage
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.vectors import ModelVersion, Space, Vector, pack


def part_of(message: EncodePart) -> Part:
    """Return the core's form of a valid part."""
    if message.HasField("text"):
        return Text(message.text)
    if message.HasField("image"):
        return _media_of(Modality.IMAGE, message.image)
    return _media_of(Modality.AUDIO, message.audio)


def _media_of(modality: Modality, message: types_pb2.Media) -> Media:
    if message.HasField("uri"):
        return Media(modality, uri=message.uri)
    return Media(modality, data=message.data)


def vector_message(vector: Vector) -> EncodedPart:
    """Return the outcome of a part that was encoded."""
    return EncodedPart(
        vector=types_pb2.Vector(data=pack(vector.values), dimension=len(vector.values), space=vector.space)
    )


def error_message(status: Status) -> EncodedPart:
    """Return the outcome of a part that could not be encoded."""
    return EncodedPart(error=status)


def space_message(space: Space) -> SpaceMessage:
    """Return the message form of *space*."""
    return SpaceMessage(
        id=space.id,
        dimension=space.dimension,
        metric=types_pb2.SimilarityMetric.ValueType(space.metric),
        unit_length=space.unit_length,
    )


def version_message(model: ModelVersion) -> types_pb2.ModelVersion:
    """Return the message form of *model*."""
    return types_pb2.ModelVersion(name=model.name, version=model.version, space=model.space)
