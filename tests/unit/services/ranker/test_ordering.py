"""The verb of the room."""

import pytest

from services.ranker.core.networks import Networks, NoRankingModel
from services.ranker.core.ordering import Ordering
from services.ranker.core.ports import Candidate, Ranked, Wish
from services.ranker.main import rankers_of
from triptych.vocabulary.choices import RankingStrategy
from triptych.vocabulary.errors import InvalidArgument, Reason


class BackwardsRanker:
    """Keeps the last candidates, last first."""

    async def rank(self, candidates, wish):
        return [Ranked(i, 0.0) for i in reversed(range(len(candidates)))][: wish.limit]


RANKERS = rankers_of(Networks(NoRankingModel()))
CANDIDATES = [Candidate("a", 0.2), Candidate("b", 0.8)]


async def test_strategy_names_the_ranker():
    """A ranker that is registered is the one that ranks."""
    ordering = Ordering({RankingStrategy.SIMILARITY: BackwardsRanker()})

    ranked = await ordering.rank(RankingStrategy.SIMILARITY, CANDIDATES, Wish(limit=1))

    assert [Ranked(1, 0.0)] == ranked


async def test_strategy_not_served():
    """A strategy without a ranker is refused, and the answer names those that are served."""
    ordering = Ordering({RankingStrategy.SIMILARITY: BackwardsRanker()})

    with pytest.raises(InvalidArgument, match="SIMILARITY") as raised:
        await ordering.rank(RankingStrategy.DIVERSE, CANDIDATES, Wish(limit=1))

    assert "strategy" == raised.value.field


def test_every_strategy_is_served():
    """The service has a ranker for every strategy that a request can name."""
    assert set(RankingStrategy) == set(RANKERS)


@pytest.mark.parametrize("strategy", RankingStrategy)
async def test_duplicate(strategy):
    """An id that occurs twice is refused at its second place, by every strategy."""
    with pytest.raises(InvalidArgument) as raised:
        await Ordering(RANKERS).rank(strategy, [*CANDIDATES, Candidate("a", 0.1)], Wish(limit=1))

    assert (Reason.DUPLICATE_ID, "candidates[2].id") == (raised.value.reason, raised.value.field)
