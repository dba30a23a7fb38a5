"""What all rooms' messages share, to and from the vocabulary: vectors, spaces, models, boxes. Pure functions."""

from google.protobuf.timestamp_pb2 import Timestamp

from triptych.internal.v1 import space_pb2
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import SimilarityMetric
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.media import Box
from triptych.vocabulary.vectors import Floats, ModelVersion, Space, Vector, pack, unpack


def vector_of(message: types_pb2.Vector, field: str = "vector") -> Vector:
    """Return a vector from its wire form; raises InvalidArgument as `unpack` does."""
    return unpack(message.data, message.dimension, message.space, field)


def vector_message(values: Floats, space: str) -> types_pb2.Vector:
    """Return numbers of shape (dimension,) of the space of that id in their wire form."""
    return types_pb2.Vector(data=pack(values), dimension=values.shape[0], space=space)


def space_of(message: space_pb2.Space) -> Space:
    """Return the facts of a space; an unset metric is COSINE."""
    metric = SimilarityMetric(message.metric or SimilarityMetric.COSINE)
    return Space(message.id, message.dimension, metric, message.unit_length)


def space_message(space: Space) -> space_pb2.Space:
    """Return the facts of a space in their wire form."""
    return space_pb2.Space(
        id=space.id,
        dimension=space.dimension,
        metric=types_pb2.SimilarityMetric.ValueType(space.metric),
        unit_length=space.unit_length,
    )


def model_of(message: types_pb2.ModelVersion) -> ModelVersion:
    """Return a model that took part."""
    return ModelVersion(message.name, message.version, message.space)


def model_message(model: ModelVersion) -> types_pb2.ModelVersion:
    """Return a model in its wire form."""
    return types_pb2.ModelVersion(name=model.name, version=model.version, space=model.space)


def nanoseconds(message: Timestamp, field: str) -> int:
    """Return a time in nanoseconds since 1970.

    Raises:
        InvalidArgument: it is out of protobuf's range, or its nanoseconds are.
    """
    try:
        return int(message.ToNanoseconds())
    except ValueError as error:
        raise InvalidArgument(
            f"{field} is no valid time: its seconds or nanos are out of protobuf's range.",
            reason=Reason.FIELD_INVALID,
            field=field,
        ) from error


def box_of(message: types_pb2.BoundingBox, field: str) -> Box:
    """Return a rectangle of a picture.

    Raises:
        InvalidArgument: REGION_INVALID, it has no area.
    """
    if message.left >= message.right or message.top >= message.bottom:
        raise InvalidArgument(
            "A region has its left edge before the right one and its upper edge above the lower one.",
            reason=Reason.REGION_INVALID,
            field=field,
        )
    return Box(message.left, message.top, message.right, message.bottom)


def box_message(box: Box) -> types_pb2.BoundingBox:
    """Return a rectangle of a picture in its wire form."""
    return types_pb2.BoundingBox(left=box.left, top=box.top, right=box.right, bottom=box.bottom)
