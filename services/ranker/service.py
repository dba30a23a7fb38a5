"""RankerService over gRPC: translates; what ranking is stands in core."""

from typing import Any

import grpc

from services.ranker import metrics
from services.ranker.core.networks import LEARNED, Networks
from services.ranker.core.ordering import Ordering
from services.ranker.translate import candidates_of, offer_of, response_of, strategy_of, wish_of
from triptych.internal.v1.ranker_service_pb2 import (
    ListStrategiesRequest,
    ListStrategiesResponse,
    RankRequest,
    RankResponse,
)
from triptych.internal.v1.ranker_service_pb2_grpc import RankerServiceServicer


class RankerServicer(RankerServiceServicer):
    """Answers RankerService."""

    def __init__(self, ordering: Ordering, networks: Networks) -> None:
        self._ordering = ordering
        self._networks = networks

    async def Rank(self, request: RankRequest, context: grpc.aio.ServicerContext[Any, Any]) -> RankResponse:
        """Order the candidates, best first."""
        strategy = strategy_of(request)
        ranked = await self._ordering.rank(strategy, candidates_of(request), wish_of(request))
        metrics.CANDIDATES.labels(strategy.name).observe(len(request.candidates))
        return response_of(ranked, self._networks.versions if strategy in LEARNED else ())

    async def ListStrategies(
        self, request: ListStrategiesRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> ListStrategiesResponse:
        """Tell what can be asked for now."""
        served = self._ordering.strategies.difference(LEARNED) | self._networks.strategies
        return offer_of(served, self._networks.features)
