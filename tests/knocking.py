"""A room to knock at: who gets in, and who does not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import grpc

from triptych.internal.v1 import ranker_service_pb2 as pb
from triptych.internal.v1 import ranker_service_pb2_grpc as pb_grpc
from triptych.runtime.channels import open_channel
from triptych.runtime.security.tls import PLAIN, TlsFiles

NAME = "triptych.internal.v1.RankerService"
REQUEST = pb.RankRequest(strategy=1, limit=1, candidates=[pb.Candidate(id="a", score=1)])


class Servicer(pb_grpc.RankerServiceServicer):
    """Answers."""

    async def Rank(self, request, context):
        return pb.RankResponse(ranked=[pb.RankedCandidate(index=0, score=1)])


@dataclass
class Door:
    """An address to knock at."""

    address: str
    close: Callable[[], Awaitable[None]]

    async def knock(self, tls: TlsFiles = PLAIN, **options) -> str:
        """Return "OK", or the code with which a call on a connection of its own is refused."""
        async with open_channel(self.address, tls) as channel:
            return await knock(channel, **options)


async def knock(channel, **options) -> str:
    """Return "OK", or the code with which a call is refused."""
    try:
        await pb_grpc.RankerServiceStub(channel).Rank(REQUEST, **{"timeout": 5, **options})
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return "OK"
