"""The learned strategies, with a model that adds up two features."""

import math

import numpy as np
import pytest

from services.ranker.core.networks import LEARNED, LearnedRanker, Networks, rows_of
from services.ranker.core.ports import Candidate, Ranked, RankingFacts, Wish
from triptych.vocabulary.choices import RankingStrategy
from triptych.vocabulary.errors import FailedPrecondition, Internal, Reason, Unavailable
from triptych.vocabulary.vectors import ModelVersion

VERSION = ModelVersion("ranker", "1", "")
FACTS = RankingFacts(VERSION, ("similarity_text", "log_price"), frozenset({RankingStrategy.LEARNED}))


class SumModel:
    """Scores a row by the sum of what is known of it."""

    def __init__(self, facts=FACTS):
        self.answer = facts
        self.rows = []

    async def facts(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def score(self, strategy, rows):
        self.rows.append(rows)
        return np.nansum(rows, axis=1)


def candidate(name, score=0.0, **features):
    return Candidate(name, score, features=features)


async def ready(model=None):
    networks = Networks(model or SumModel())
    await networks.warm_up()
    return networks


def test_rows():
    """Values stand in the model's order; those it does not know are left out, those it lacks are NaN."""
    given = [candidate("a", log_price=2.0, colour=9.0), candidate("b", similarity_text=0.5, log_price=1.0)]

    rows = rows_of(given, FACTS.features)

    assert "float32" == rows.dtype
    np.testing.assert_array_equal([[math.nan, 2.0], [0.5, 1.0]], rows)


async def test_order():
    """The best scores come first, equal ones by id; the limit keeps the first."""
    ranker = LearnedRanker(await ready(), RankingStrategy.LEARNED)
    given = [candidate("c", log_price=1.0), candidate("b", 9.0), candidate("a", log_price=1.0)]

    assert [Ranked(2, 1.0), Ranked(0, 1.0), Ranked(1, 0.0)] == await ranker.rank(given, Wish(limit=5))
    assert [Ranked(2, 1.0)] == await ranker.rank(given, Wish(limit=1))


async def test_boost():
    """A boost is added to what the network says, before the best are chosen."""
    ranker = LearnedRanker(await ready(), RankingStrategy.LEARNED)
    lifted = Candidate("b", 0.0, features={"log_price": 0.5}, boost=1.0)

    assert [Ranked(1, 1.5)] == await ranker.rank([candidate("a", log_price=1.0), lifted], Wish(limit=1))


@pytest.mark.parametrize("score", [math.nan, math.inf])
async def test_a_score_that_is_none_makes_no_order(score):
    """A network that went astray is a fault of ours: no order would be repeatable."""

    class Astray(SumModel):
        async def score(self, strategy, rows):
            return np.array([0.5, score, 0.7], np.float32)

    with pytest.raises(Internal):
        await LearnedRanker(await ready(Astray()), RankingStrategy.LEARNED).rank(
            [candidate("a"), candidate("b"), candidate("c")], Wish(limit=3)
        )


async def test_nothing_to_rank():
    """No candidates cost no call of the model."""
    model = SumModel()

    assert [] == await LearnedRanker(await ready(model), RankingStrategy.LEARNED).rank([], Wish(limit=5))
    assert [] == model.rows


@pytest.mark.parametrize("given", [[], [candidate("a")]])
@pytest.mark.parametrize("facts", [FACTS, None])
async def test_a_network_that_the_pack_lacks(facts, given):
    """It is refused, with or without candidates, whether the pack lacks this network or all of them."""
    ranker = LearnedRanker(await ready(SumModel(facts)), RankingStrategy.RANKNET)

    with pytest.raises(FailedPrecondition, match="RANKNET") as raised:
        await ranker.rank(given, Wish(limit=5))

    assert (Reason.MODEL_NOT_SERVED, "strategy") == (raised.value.reason, raised.value.field)


async def test_before_the_facts():
    """As long as the model server never answered, it is not known what the pack lacks."""
    with pytest.raises(Unavailable):
        await LearnedRanker(Networks(SumModel()), RankingStrategy.LEARNED).rank([], Wish(limit=5))


async def test_away():
    """A server that goes away turns the room unready; the facts are kept for its return."""
    model = SumModel()
    networks = await ready(model)
    model.answer = Unavailable.because_of("triton")

    with pytest.raises(Unavailable):
        await networks.check()

    assert (FACTS.strategies, FACTS.features, (VERSION,)) == (
        networks.strategies,
        networks.features,
        networks.versions,
    )


async def test_another_pack():
    """A check finds the networks of a pack that was switched in, or that there are none."""
    model = SumModel()
    networks = await ready(model)
    model.answer = None
    await networks.check()

    assert (frozenset(), (), ()) == (networks.strategies, networks.features, networks.versions)


def test_learned_strategies():
    """Every strategy that is not greedy is learned."""
    assert set(RankingStrategy) - {RankingStrategy.SIMILARITY, RankingStrategy.DIVERSE} == set(LEARNED)
