"""Between the messages of fusion_service.proto and the core's types."""

from google.rpc.status_pb2 import Status

from services.fusion.core.parts import Group, WeightedVector
from triptych.internal.v1.fusion_service_pb2 import FusedGroup, FuseRequest, FusionGroup
from triptych.internal.v1.space_pb2 import Space as SpaceMessage
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import FusionStrategy, Modality
from triptych.vocabulary.vectors import Floats, ModelVersion, Space, pack


def strategy_of(request: FuseRequest) -> FusionStrategy:
    """Return the strategy that the request asks for; LEARNED when it names none."""
    return FusionStrategy(request.strategy or FusionStrategy.LEARNED)


def group_of(message: FusionGroup) -> Group:
    """Return the core's form of a valid group."""
    return tuple(
        WeightedVector(
            data=each.vector.data,
            dimension=each.vector.dimension,
            space=each.vector.space,
            weight=each.weight,
            modality=Modality(each.modality),
        )
        for each in message.vectors
    )


def vector_message(values: Floats, space: Space) -> FusedGroup:
    """Return the outcome of a group that was fused to *values*, of shape (dimension,)."""
    return FusedGroup(vector=types_pb2.Vector(data=pack(values), dimension=space.dimension, space=space.id))


def error_message(status: Status) -> FusedGroup:
    """Return the outcome of a group that could not be fused."""
    return FusedGroup(error=status)


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
