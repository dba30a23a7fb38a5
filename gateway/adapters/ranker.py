"""The ranker room, as the core's Ranker."""

import math
import time
from collections.abc import Sequence

import grpc

from gateway.core.model.ranking import Candidate, Ranked, RankingOffer
from triptych.internal.v1 import ranker_service_pb2 as pb
from triptych.internal.v1 import ranker_service_pb2_grpc as pb_grpc
from triptych.runtime import wire
from triptych.runtime.channels import call
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import RankingStrategy

# How long an offer is remembered: a search then costs one call, and a new pack's networks are found soon.
OFFER_MEMORY_S = 2.0


class RankerRoom:
    """Calls the ranker room over *channel*."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: pb_grpc.RankerServiceAsyncStub = pb_grpc.RankerServiceStub(channel)
        self._offer: tuple[float, RankingOffer] | None = None

    async def rank(
        self,
        strategy: RankingStrategy,
        candidates: Sequence[Candidate],
        *,
        limit: int,
        diversity_lambda: float | None = None,
        features: Sequence[str] = (),
    ) -> Ranked:
        """See the port."""
        request = pb.RankRequest(
            strategy=types_pb2.RankingStrategy.ValueType(strategy),
            candidates=[candidate_message(each, features) for each in candidates],
            limit=limit,
            diversity_lambda=diversity_lambda,
            features=features,
        )
        response = await call("ranker", self._stub.Rank, request)
        return Ranked(
            tuple((ranked.index, ranked.score) for ranked in response.ranked),
            tuple(wire.model_of(each) for each in response.models),
        )

    async def offer(self) -> RankingOffer:
        """See the port."""
        if self._offer is not None and time.monotonic() < self._offer[0]:
            return self._offer[1]
        response = await call("ranker", self._stub.ListStrategies, pb.ListStrategiesRequest())
        offer = RankingOffer(
            frozenset(RankingStrategy(each) for each in response.strategies), tuple(response.features)
        )
        self._offer = time.monotonic() + OFFER_MEMORY_S, offer
        return offer


def candidate_message(candidate: Candidate, features: Sequence[str]) -> pb.Candidate:
    """Return a candidate in its wire form."""
    hit = candidate.hit
    return pb.Candidate(
        id=hit.id,
        score=candidate.score,
        vector=wire.vector_message(hit.vector.values, hit.vector.space) if hit.vector else None,
        features=[candidate.features.get(name, math.nan) for name in features],
        boost=candidate.boost,
    )
