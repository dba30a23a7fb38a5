"""Whether the other rooms serve."""

from collections.abc import Mapping

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from triptych.vocabulary.concurrency import side_by_side
from triptych.vocabulary.errors import Unavailable

TIMEOUT_S = 2.0


class Rooms:
    """The rooms behind the gateway.

    Args:
        rooms: by name, the channel to the room and the full name of its service.
    """

    def __init__(self, rooms: Mapping[str, tuple[grpc.aio.Channel, str]]) -> None:
        self._stubs = {
            name: (health_pb2_grpc.HealthStub(channel), health_pb2.HealthCheckRequest(service=service))
            for name, (channel, service) in rooms.items()
        }

    async def check(self) -> None:
        """Ask every room.

        Raises:
            Unavailable: one of them does not serve.
        """
        await side_by_side([self._check(name) for name in self._stubs])

    async def _check(self, name: str) -> None:
        stub, request = self._stubs[name]
        try:
            response = await stub.Check(request, timeout=TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            raise Unavailable.because_of(name) from error
        if response.status != health_pb2.HealthCheckResponse.SERVING:
            raise Unavailable.because_of(name)
