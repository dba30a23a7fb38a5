"""The texts of a query, as one measure of how much of their words a product has."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from services.search.core.filters.model import Filter
from services.search.core.ports.words import LexicalIndex

# What the best of several texts is looked for among, at first.
BEST_AMONG = 10


@dataclass(frozen=True, eq=False)
class Matched:
    """What was found by words.

    Args:
        scores: by id, of products that have any word.
        is_all: whether no other product has any.
        unseen: the most that another can have.
    """

    scores: dict[str, float]
    is_all: bool
    unseen: float

    @property
    def best(self) -> float:
        """The largest score; 0 where nothing was found."""
        return max(self.scores.values(), default=0.0)


class Words:
    """BM25 of several *texts*, (text, weight), averaged by their weights."""

    def __init__(self, index: LexicalIndex, catalog: str, texts: Sequence[tuple[str, float]]) -> None:
        self._index = index
        self._catalog = catalog
        total = sum(weight for _, weight in texts)
        self._texts = [(text, weight / total) for text, weight in texts]

    async def matched(self, limit: int, among: Filter | None) -> Matched:
        """Return at least the *limit* products that pass *among* and have the most of any of the texts."""
        lists = await asyncio.gather(
            *(self._index.match(self._catalog, text, limit, among) for text, _ in self._texts)
        )
        found = [dict(each) for each in lists]
        # A list that is not full is of all that have the word: what is not in it has nothing of that text.
        ids = dict.fromkeys(each for scores in found for each in scores)
        full = [len(scores) >= limit for scores in found]
        missing = [
            [each for each in ids if is_full and each not in scores]
            for scores, is_full in zip(found, full, strict=True)
        ]
        more = await asyncio.gather(
            *(self._scores(text, ids) for (text, _), ids in zip(self._texts, missing, strict=True))
        )
        least = [
            min(scores.values()) if is_full else 0.0 for scores, is_full in zip(found, full, strict=True)
        ]
        weights = [weight for _, weight in self._texts]
        return Matched(
            self._averaged([one | other for one, other in zip(found, more, strict=True)]),
            not any(full),
            sum(weight * each for weight, each in zip(weights, least, strict=True)),
        )

    async def best(self, among: Filter | None) -> float:
        """Return the score of the best product that passes *among*; 0 where none has a word."""
        limit = BEST_AMONG
        while True:
            matched = await self.matched(limit, among)
            if matched.best >= matched.unseen:
                return matched.best
            limit *= 4

    async def scores(self, ids: Sequence[str]) -> dict[str, float]:
        """Return the scores of those of *ids* that have any word of any text."""
        return self._averaged(await asyncio.gather(*(self._scores(text, ids) for text, _ in self._texts)))

    async def exact(self, among: Filter | None) -> set[str]:
        """Return the products whose id or article number is one of the texts."""
        found = await asyncio.gather(
            *(self._index.exact(self._catalog, text, among) for text, _ in self._texts)
        )
        return {each for ids in found for each in ids}

    async def _scores(self, text: str, ids: Sequence[str]) -> dict[str, float]:
        return await self._index.scores(self._catalog, text, ids) if ids else {}

    def _averaged(self, lists: Sequence[dict[str, float]]) -> dict[str, float]:
        averaged: dict[str, float] = {}
        for (_, weight), scores in zip(self._texts, lists, strict=True):
            for each, score in scores.items():
                averaged[each] = averaged.get(each, 0.0) + weight * score
        return averaged
