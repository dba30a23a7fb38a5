"""RankerService over gRPC: translates; what ranking is stands in core."""

from typing import Any

import grpc

from services.ranker.core.ordering import Ordering
from services.ranker.translate import candidates_of, response_of, strategy_of, wish_of
from triptych.internal.v1.ranker_service_pb2 import RankRequest, RankResponse
from triptych.internal.v1.ranker_service_pb2_grpc import RankerServiceServicer


class RankerServicer(RankerServiceServicer):
    """Answers RankerService."""

    def __init__(self, ordering: Ordering) -> None:
        self._ordering = ordering

    async def Rank(self, request: RankRequest, context: grpc.aio.ServicerContext[Any, Any]) -> RankResponse:
        """Order the candidates, best first."""
        ranked = await self._ordering.rank(strategy_of(request), candidates_of(request), wish_of(request))
        return response_of(ranked)
