"""Messages to core types and back."""

import numpy as np
import pytest

from services.ranker.core.ports import Ranked, Wish
from services.ranker.translate import candidates_of, offer_of, response_of, strategy_of, wish_of
from triptych.internal.v1.ranker_service_pb2 import Candidate, RankedCandidate, RankRequest, RankResponse
from triptych.v1.types_pb2 import RANKING_STRATEGY_DIVERSE, Vector
from triptych.vocabulary.choices import RankingStrategy
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.vectors import ModelVersion


def test_strategy():
    """The strategy that is named is taken."""
    assert RankingStrategy.DIVERSE is strategy_of(RankRequest(strategy=RANKING_STRATEGY_DIVERSE))


@pytest.mark.parametrize(("given", "expected"), [({}, 0.7), ({"diversity_lambda": 0.0}, 0.0)])
def test_wish(given, expected):
    """λ is 0.7 when unset; 0 that is set stays 0."""
    assert Wish(5, expected) == wish_of(RankRequest(limit=5, **given))


def test_candidates():
    """Id, score, vector and boost arrive; a vector that was not sent is None."""
    data = np.array([1, 2], "<f4").tobytes()
    request = RankRequest(
        candidates=[
            Candidate(id="a", score=0.5, vector=Vector(data=data, dimension=2, space="demo-1/fused")),
            Candidate(id="b", score=-1, boost=0.5),
        ]
    )

    first, second = candidates_of(request)

    assert ("a", 0.5, [1, 2], "demo-1/fused") == (
        first.id,
        first.score,
        first.vector.values.tolist(),
        first.vector.space,
    )
    assert ("b", -1, None, 0.5) == (second.id, second.score, second.vector, second.boost)


def test_broken_vector():
    """A vector that cannot be read is refused by name."""
    broken = Candidate(id="b", score=1, vector=Vector(data=b"\0" * 8, dimension=2, space="demo-1/fused"))

    with pytest.raises(InvalidArgument) as raised:
        candidates_of(RankRequest(candidates=[Candidate(id="a", score=1), broken]))

    expected = (Reason.VECTOR_INVALID, "candidates[1].vector.data")
    assert expected == (raised.value.reason, raised.value.field)


def test_response():
    """Place and score leave in their order."""
    expected = RankResponse(
        ranked=[RankedCandidate(index=2, score=0.5), RankedCandidate(index=0, score=0.25)]
    )

    assert expected == response_of([Ranked(2, 0.5), Ranked(0, 0.25)])


def test_features():
    """Values go by the request's names; those that are not a number, or not sent at all, are unknown."""
    request = RankRequest(
        features=["similarity_text", "log_price"],
        candidates=[Candidate(id="a", features=[0.5, float("nan")]), Candidate(id="b")],
    )

    assert [{"similarity_text": 0.5}, {}] == [dict(each.features) for each in candidates_of(request)]


@pytest.mark.parametrize("values", [[0.5], [0.5, 1.0, 2.0], [0.5, float("inf")], [float("-inf"), 1.0]])
def test_broken_features(values):
    """Too few or too many values, or an infinite one, are refused by name."""
    broken = Candidate(id="b", features=values)
    request = RankRequest(
        features=["similarity_text", "log_price"], candidates=[Candidate(id="a", features=[0.5, 1.0]), broken]
    )

    with pytest.raises(InvalidArgument) as raised:
        candidates_of(request)

    assert (Reason.FIELD_INVALID, "candidates[1].features") == (raised.value.reason, raised.value.field)


def test_models():
    """The network that judged is named."""
    response = response_of([], [ModelVersion("ranker", "1", "")])

    assert [("ranker", "1", "")] == [(each.name, each.version, each.space) for each in response.models]


def test_offer():
    """Strategies leave in the enum's order, features in the model's."""
    offer = offer_of({RankingStrategy.LEARNED, RankingStrategy.SIMILARITY}, ("log_price", "in_stock"))

    assert ([1, 5], ["log_price", "in_stock"]) == (list(offer.strategies), list(offer.features))
