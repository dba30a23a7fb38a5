"""The fusion room, as the core's Fuser."""

from collections.abc import Sequence

import grpc

from gateway.core.model.vectors import Fused, PartVector
from triptych.internal.v1 import fusion_service_pb2 as pb
from triptych.internal.v1 import fusion_service_pb2_grpc as pb_grpc
from triptych.runtime import wire
from triptych.runtime.channels import call
from triptych.runtime.errors import from_status
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import FusionStrategy
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.vectors import Space, Vector


class FusionRoom:
    """Calls the fusion room over *channel*."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: pb_grpc.FusionServiceAsyncStub = pb_grpc.FusionServiceStub(channel)

    async def fuse(self, strategy: FusionStrategy, groups: Sequence[Sequence[PartVector]]) -> Fused:
        """See the port."""
        request = pb.FuseRequest(
            strategy=types_pb2.FusionStrategy.ValueType(strategy), groups=[group(parts) for parts in groups]
        )
        response = await call("fusion", self._stub.Fuse, request)
        return Fused(
            tuple(outcome(message) for message in response.groups),
            wire.space_of(response.space),
            tuple(wire.model_of(model) for model in response.models),
        )

    async def fused_space(self) -> Space:
        """Return the space of the vectors that it makes."""
        response = await call("fusion", self._stub.DescribeSpace, pb.DescribeSpaceRequest())
        return wire.space_of(response.space)


def group(parts: Sequence[PartVector]) -> pb.FusionGroup:
    """Return a group of parts in its wire form."""
    return pb.FusionGroup(
        vectors=[
            pb.WeightedVector(
                vector=wire.vector_message(part.vector.values, part.vector.space),
                weight=part.weight,
                modality=types_pb2.Modality.ValueType(part.modality),
            )
            for part in parts
        ]
    )


def outcome(message: pb.FusedGroup) -> Vector | TriptychError:
    """Return what became of a group."""
    return wire.vector_of(message.vector) if message.HasField("vector") else from_status(message.error)
