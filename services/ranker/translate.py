"""Between the messages of ranker_service.proto and the core's types."""

import math
from collections.abc import Collection, Mapping, Sequence

from services.ranker.core.ports import DIVERSITY_LAMBDA, Candidate, Ranked, Wish
from triptych.internal.v1.ranker_service_pb2 import Candidate as CandidateMessage
from triptych.internal.v1.ranker_service_pb2 import (
    ListStrategiesResponse,
    RankedCandidate,
    RankRequest,
    RankResponse,
)
from triptych.runtime import wire
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import RankingStrategy
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.vectors import ModelVersion


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
        InvalidArgument: DIMENSION_MISMATCH or VECTOR_INVALID in one's vector; FIELD_INVALID when its features are
            not one value per name, or infinite.
    """
    names = tuple(request.features)
    return [_candidate(message, f"candidates[{i}]", names) for i, message in enumerate(request.candidates)]


def _candidate(message: CandidateMessage, field: str, names: Sequence[str]) -> Candidate:
    given = message.HasField("vector")
    vector = wire.vector_of(message.vector, f"{field}.vector") if given else None
    features = _features(message, f"{field}.features", names)
    return Candidate(message.id, message.score, vector, features, message.boost)


def _features(message: CandidateMessage, field: str, names: Sequence[str]) -> Mapping[str, float]:
    """Return the features that are known; a candidate without any need not say so value by value."""
    values = message.features
    if len(values) not in (0, len(names)):
        raise InvalidArgument(
            f"There are {len(values)} values for {len(names)} names of features; there must be one each, or none.",
            reason=Reason.FIELD_INVALID,
            field=field,
        )
    if any(map(math.isinf, values)):
        raise InvalidArgument(
            "A feature is infinite; an unknown one is not a number.", reason=Reason.FIELD_INVALID, field=field
        )
    return {name: value for name, value in zip(names, values, strict=False) if not math.isnan(value)}


def response_of(ranked: Sequence[Ranked], models: Sequence[ModelVersion] = ()) -> RankResponse:
    """Return the response."""
    return RankResponse(
        ranked=[RankedCandidate(index=each.index, score=each.score) for each in ranked],
        models=[wire.model_message(model) for model in models],
    )


def offer_of(strategies: Collection[RankingStrategy], features: Sequence[str]) -> ListStrategiesResponse:
    """Return the answer to what can be asked for."""
    numbers = (types_pb2.RankingStrategy.ValueType(strategy) for strategy in sorted(strategies))
    return ListStrategiesResponse(strategies=numbers, features=features)
