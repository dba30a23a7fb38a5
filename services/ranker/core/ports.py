"""What a way to rank looks like. A new one is one file that implements `Ranker` and one line in main.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from triptych.vocabulary.choices import RankingStrategy
from triptych.vocabulary.vectors import Floats, ModelVersion, Vector

# Mostly relevance, with near-duplicates pushed down.
DIVERSITY_LAMBDA = 0.7


@dataclass(frozen=True)
class Candidate:
    """A product that may be shown.

    Args:
        id: distinct within a request; equal scores are ordered by it.
        score: finite; larger is better.
        vector: None where the caller sent none.
        features: what the networks go by, finite; without those that are unknown.
        boost: what is added to the score that a ranker gives, before any choice is made.
    """

    id: str
    score: float
    vector: Vector | None = None
    features: Mapping[str, float] = field(default_factory=dict)
    boost: float = 0.0


@dataclass(frozen=True)
class Wish:
    """What the caller wants of the order: how many to keep (1 or more), and how much relevance counts, 0 to 1."""

    limit: int
    diversity_lambda: float = DIVERSITY_LAMBDA


@dataclass(frozen=True)
class Ranked:
    """A candidate that was kept: its place in the input, from 0, and the score that the order follows, with its boost."""

    index: int
    score: float


class Ranker(Protocol):
    """Puts candidates in order. Asynchronous, so that a ranker may ask a model server."""

    async def rank(self, candidates: Sequence[Candidate], wish: Wish) -> list[Ranked]:
        """Return the min(limit, len(candidates)) best, best first; the order of the input never matters.

        Raises:
            InvalidArgument: the candidates lack what this ranker needs; the field names the candidate.
            FailedPrecondition: the pack that is served lacks the network.
            Unavailable, DeadlineExceeded: a model server that is asked does not answer (in time).
        """
        ...


@dataclass(frozen=True)
class RankingFacts:
    """What a pack's ranking networks say of themselves.

    Args:
        version: the model that they belong to; it has no space.
        features: the names of its inputs, in their order.
        strategies: those that it has a network for.
    """

    version: ModelVersion
    features: tuple[str, ...]
    strategies: frozenset[RankingStrategy]


class RankingModel(Protocol):
    """The pack's networks: RANKNET, LISTNET and LEARNED, or some of them."""

    async def facts(self) -> RankingFacts | None:
        """Ask for the facts; None when the server is there and its pack has no ranking network.

        Raises:
            Unavailable, DeadlineExceeded: the server does not answer (in time).
        """
        ...

    async def score(self, strategy: RankingStrategy, rows: Floats) -> Floats:
        """Score candidates, each on its own.

        Args:
            strategy: one of the facts' strategies.
            rows: the features (n, features) in the facts' order, n 1 or more; NaN where one is unknown.

        Returns:
            Scores (n,); larger is better.

        Raises:
            Unavailable, DeadlineExceeded: the server does not answer (in time).
        """
        ...
