"""Greedy by similarity: the most similar first."""

from collections.abc import Sequence

from services.ranker.core.ports import Candidate, Ranked, Wish


class SimilarityRanker:
    """Orders by score and boost, largest first; equal ones by id."""

    async def rank(self, candidates: Sequence[Candidate], wish: Wish) -> list[Ranked]:
        """Return the best; the score of each is the candidate's own, with its boost."""
        return best(candidates, [candidate.score for candidate in candidates], wish)


def best(candidates: Sequence[Candidate], scores: Sequence[float], wish: Wish) -> list[Ranked]:
    """Return the best by their *scores* (one per candidate) and boosts, largest first; equal ones by id."""
    totals = [score + candidate.boost for score, candidate in zip(scores, candidates, strict=True)]
    order = sorted(range(len(candidates)), key=lambda i: (-totals[i], candidates[i].id))
    return [Ranked(index, totals[index]) for index in order[: wish.limit]]
