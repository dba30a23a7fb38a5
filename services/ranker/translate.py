"""Between the messages of ranker_service.proto and the core's types."""

from collections.abc import Sequence

from services.ranker.core.ports import DIVERSITY_LAMBDA, Candidate, Ranked, Wish
from triptych.internal.v1.ranker_service_pb2 import Candidate as CandidateMessage
from triptych.internal.v1.ranker_service_pb2 import RankedCandidate, RankRequest, RankResponse
from triptych.runtime import wire
from triptych.vocabulary.choices import RankingStrategy


def strategy_of(request: RankRequest) -> RankingStrategy:
    """Return the strategy that a valid request names."""
    return RankingStrategy(request.strategy)


def wish_of(request: RankRequest) -> Wish:
    """Return what the request wants of the order."""
    given = request.HasField("diversity_lambda")
    return Wish(request.limit, request.diversity_lambda if given else DIVERSITY_LAMBDA)


def candidates_of(request: RankRequest) -> list[Candidate]:
    """Return the candidates.

    Raises:
        InvalidArgument: DIMENSION_MISMATCH or VECTOR_INVALID in one's vector.
    """
    return [_candidate(message, index) for index, message in enumerate(request.candidates)]


def _candidate(message: CandidateMessage, index: int) -> Candidate:
    if not message.HasField("vector"):
        return Candidate(message.id, message.score)
    vector = wire.vector_of(message.vector, f"candidates[{index}].vector")
    return Candidate(message.id, message.score, vector)


def response_of(ranked: Sequence[Ranked]) -> RankResponse:
    """Return the response."""
    return RankResponse(ranked=[RankedCandidate(index=each.index, score=each.score) for each in ranked])
