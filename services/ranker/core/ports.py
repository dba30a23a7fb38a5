"""What a way to rank looks like. A new one is one file that implements `Ranker` and one line in main.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from triptych.vocabulary.vectors import Vector

# Mostly relevance, with near-duplicates pushed down.
DIVERSITY_LAMBDA = 0.7


@dataclass(frozen=True)
class Candidate:
    """A product that may be shown.

    Args:
        id: distinct within a request; equal scores are ordered by it.
        score: finite; larger is better.
        vector: None where the caller sent none.
    """

    id: str
    score: float
    vector: Vector | None = None


@dataclass(frozen=True)
class Wish:
    """What the caller wants of the order: how many to keep (1 or more), and how much relevance counts, 0 to 1."""

    limit: int
    diversity_lambda: float = DIVERSITY_LAMBDA


@dataclass(frozen=True)
class Ranked:
    """A candidate that was kept: its place in the input, from 0, and the score that the order follows."""

    index: int
    score: float


class Ranker(Protocol):
    """Puts candidates in order. Asynchronous, so that a ranker may ask a model server."""

    async def rank(self, candidates: Sequence[Candidate], wish: Wish) -> list[Ranked]:
        """Return the min(limit, len(candidates)) best, best first; the order of the input never matters.

        Raises:
            InvalidArgument: the candidates lack what this ranker needs; the field names the candidate.
        """
        ...
