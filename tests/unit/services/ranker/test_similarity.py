"""Greedy by similarity."""

from services.ranker.core.ports import Candidate, Ranked, Wish
from services.ranker.core.similarity import SimilarityRanker


async def test_order():
    """The largest score comes first; each keeps its own score and names its place in the input."""
    candidates = [Candidate("a", 0.1), Candidate("b", 0.9), Candidate("c", -0.5)]

    ranked = await SimilarityRanker().rank(candidates, Wish(limit=3))

    assert [Ranked(1, 0.9), Ranked(0, 0.1), Ranked(2, -0.5)] == ranked


async def test_ties():
    """Equal scores are ordered by id, whatever the order of the input."""
    candidates = [Candidate("c", 1), Candidate("a", 1), Candidate("b", 1)]

    ranked = await SimilarityRanker().rank(candidates, Wish(limit=3))

    assert [1, 2, 0] == [each.index for each in ranked]


async def test_boost():
    """A boost is added before the best are chosen, so what it lifts enters among them."""
    candidates = [Candidate("a", 0.5), Candidate("b", 0.25, boost=0.5), Candidate("c", 0.75, boost=-0.5)]

    assert [Ranked(1, 0.75)] == await SimilarityRanker().rank(candidates, Wish(limit=1))
    assert [1, 0, 2] == [each.index for each in await SimilarityRanker().rank(candidates, Wish(limit=3))]


async def test_limit():
    """Only the best are kept; a limit above the number of candidates keeps all."""
    candidates = [Candidate("a", 1), Candidate("b", 2)]

    assert [1] == [each.index for each in await SimilarityRanker().rank(candidates, Wish(limit=1))]
    assert [1, 0] == [each.index for each in await SimilarityRanker().rank(candidates, Wish(limit=9))]


async def test_nothing():
    """No candidates, no order."""
    assert [] == await SimilarityRanker().rank([], Wish(limit=3))
