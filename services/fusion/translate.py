"""Between the messages of fusion_service.proto and the core's types."""

from google.rpc.status_pb2 import Status

from services.fusion.core.parts import Group, WeightedVector
from triptych.internal.v1.fusion_service_pb2 import FusedGroup, FuseRequest, FusionGroup
from triptych.runtime import wire
from triptych.vocabulary.choices import FusionStrategy, Modality
from triptych.vocabulary.vectors import Floats, Space


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
    return FusedGroup(vector=wire.vector_message(values, space.id))


def error_message(status: Status) -> FusedGroup:
    """Return the outcome of a group that could not be fused."""
    return FusedGroup(error=status)
