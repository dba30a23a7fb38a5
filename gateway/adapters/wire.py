"""What all rooms' messages share: vectors, spaces, models, and the outcome that is a value or an error."""

from collections.abc import Iterable

from google.rpc.status_pb2 import Status

from triptych.internal.v1 import space_pb2
from triptych.runtime.errors import from_status
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import SimilarityMetric
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.vectors import ModelVersion, Space, Vector, pack, unpack


def vector_message(vector: Vector) -> types_pb2.Vector:
    """Return a vector in its wire form."""
    return types_pb2.Vector(data=pack(vector.values), dimension=len(vector.values), space=vector.space)


def vector(message: types_pb2.Vector) -> Vector:
    """Return a vector from its wire form."""
    return unpack(message.data, message.dimension, message.space)


def space(message: space_pb2.Space) -> Space:
    """Return the facts of a space."""
    return Space(message.id, message.dimension, SimilarityMetric(message.metric), message.unit_length)


def space_message(facts: Space) -> space_pb2.Space:
    """Return the facts of a space in their wire form."""
    return space_pb2.Space(
        id=facts.id,
        dimension=facts.dimension,
        metric=types_pb2.SimilarityMetric.ValueType(facts.metric),
        unit_length=facts.unit_length,
    )


def models(messages: Iterable[types_pb2.ModelVersion]) -> tuple[ModelVersion, ...]:
    """Return the models that took part."""
    return tuple(ModelVersion(m.name, m.version, m.space) for m in messages)


def vector_or_error(has_error: bool, made: types_pb2.Vector, error: Status) -> Vector | TriptychError:
    """Return the outcome of one item."""
    return from_status(error) if has_error else vector(made)
