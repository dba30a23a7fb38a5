"""Greedy by similarity: the most similar first."""

from collections.abc import Sequence

from services.ranker.core.ports import Candidate, Ranked, Wish


class SimilarityRanker:
    """Orders by score, largest first; equal scores by id."""

    async def rank(self, candidates: Sequence[Candidate], wish: Wish) -> list[Ranked]:
        """Return the best; the score of each is the candidate's own."""
        order = sorted(range(len(candidates)), key=lambda i: (-candidates[i].score, candidates[i].id))
        return [Ranked(index, candidates[index].score) for index in order[: wish.limit]]
