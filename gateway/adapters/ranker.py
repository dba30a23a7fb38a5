"""The ranker room, as the core's Ranker."""

from collections.abc import Sequence

import grpc

from gateway.core.model import Hit
from triptych.internal.v1 import ranker_service_pb2 as pb
from triptych.internal.v1 import ranker_service_pb2_grpc as pb_grpc
from triptych.runtime import wire
from triptych.runtime.channels import call
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import RankingStrategy


class RankerRoom:
    """Calls the ranker room over *channel*."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: pb_grpc.RankerServiceAsyncStub = pb_grpc.RankerServiceStub(channel)

    async def rank(
        self,
        strategy: RankingStrategy,
        candidates: Sequence[tuple[Hit, float]],
        *,
        limit: int,
        diversity_lambda: float | None,
    ) -> list[tuple[int, float]]:
        """See the port."""
        request = pb.RankRequest(
            strategy=types_pb2.RankingStrategy.ValueType(strategy),
            candidates=[candidate(hit, score) for hit, score in candidates],
            limit=limit,
            diversity_lambda=diversity_lambda,
        )
        response = await call("ranker", self._stub.Rank, request)
        return [(ranked.index, ranked.score) for ranked in response.ranked]


def candidate(hit: Hit, score: float) -> pb.Candidate:
    """Return a candidate in its wire form."""
    vector = wire.vector_message(hit.vector.values, hit.vector.space) if hit.vector else None
    return pb.Candidate(id=hit.id, score=score, vector=vector)
