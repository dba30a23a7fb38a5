"""The fusion room, as the core's Fuser."""

from collections.abc import Sequence

import grpc

from gateway.adapters import wire
from gateway.core.model import Fused, PartVector
from triptych.internal.v1 import fusion_service_pb2 as pb
from triptych.internal.v1 import fusion_service_pb2_grpc as pb_grpc
from triptych.runtime.channels import call
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import FusionStrategy


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
            tuple(
                wire.vector_or_error(fused.WhichOneof("outcome") == "error", fused.vector, fused.error)
                for fused in response.groups
            ),
            wire.space(response.space),
            wire.models(response.models),
        )


def group(parts: Sequence[PartVector]) -> pb.FusionGroup:
    """Return a group of parts in its wire form."""
    return pb.FusionGroup(
        vectors=[
            pb.WeightedVector(
                vector=wire.vector_message(part.vector),
                weight=part.weight,
                modality=types_pb2.Modality.ValueType(part.modality),
            )
            for part in parts
        ]
    )
