"""The learned strategies: a network scores each candidate by its features, and the scores order them.

What the features mean, how they are scaled and what an unknown one counts for is the model's business; this file only
puts the values that the caller has into the places in which the model wants them.
"""

from collections.abc import Sequence

import numpy as np

from services.ranker.core.ports import Candidate, Ranked, RankingFacts, RankingModel, Wish
from services.ranker.core.similarity import best
from triptych.vocabulary.choices import RankingStrategy
from triptych.vocabulary.errors import FailedPrecondition, Internal, Reason, Unavailable
from triptych.vocabulary.vectors import Floats, ModelVersion

LEARNED = (RankingStrategy.RANKNET, RankingStrategy.LISTNET, RankingStrategy.LEARNED)


class NoRankingModel:
    """Stands where no model server is: a pack without a network."""

    async def facts(self) -> None:
        """There are none."""

    async def score(self, strategy: RankingStrategy, rows: Floats) -> Floats:
        """Nobody asks: no strategy is offered."""
        raise NotImplementedError(f"{strategy.name} for {len(rows)} rows")


class Networks:
    """The networks of the pack that is served now; holds their facts, which it reads again with every check."""

    def __init__(self, model: RankingModel) -> None:
        self._model = model
        self._read = False
        self._facts: RankingFacts | None = None

    async def warm_up(self) -> None:
        """Read the model's facts.

        Raises:
            Unavailable, DeadlineExceeded: the model server does not answer (in time); earlier facts are kept.
        """
        self._facts = await self._model.facts()
        self._read = True

    async def check(self) -> None:
        """Read the facts again: as cheap as a ping, and it follows a pack that was switched in."""
        await self.warm_up()

    @property
    def strategies(self) -> frozenset[RankingStrategy]:
        """Those that the pack has a network for; none as long as the model server never answered."""
        return self._facts.strategies if self._facts else frozenset()

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features that the networks look at."""
        return self._facts.features if self._facts else ()

    @property
    def versions(self) -> tuple[ModelVersion, ...]:
        """The model that the networks belong to, if there is one."""
        return (self._facts.version,) if self._facts else ()

    def require(self, strategy: RankingStrategy) -> None:
        """Check that the pack has a network for *strategy*.

        Raises:
            FailedPrecondition: MODEL_NOT_SERVED, it has none.
            Unavailable: the model server never answered.
        """
        if not self._read:
            raise Unavailable.because_of("triton")
        if strategy not in self.strategies:
            raise FailedPrecondition(
                f"The pack that is served has no ranking network for {strategy.name}.",
                reason=Reason.MODEL_NOT_SERVED,
                field="strategy",
                metadata={"strategy": strategy.name},
            )

    async def score(self, strategy: RankingStrategy, candidates: Sequence[Candidate]) -> Floats:
        """Return the scores (len(candidates),) of 1 or more candidates; larger is better.

        Raises:
            Unavailable, DeadlineExceeded: the model server does not answer (in time).
            Internal: a score is missing or not finite, so that there is no order.
        """
        scores = await self._model.score(strategy, rows_of(candidates, self.features))
        if scores.shape != (len(candidates),) or not np.isfinite(scores).all():
            raise Internal from ValueError(f"{strategy.name} made scores that are none: {scores}")
        return scores


class LearnedRanker:
    """Orders by the scores of the network *strategy* and boosts, largest first; equal ones by id."""

    def __init__(self, networks: Networks, strategy: RankingStrategy) -> None:
        self._networks = networks
        self._strategy = strategy

    async def rank(self, candidates: Sequence[Candidate], wish: Wish) -> list[Ranked]:
        """Return the best; the score of each is the network's, with the candidate's boost.

        Raises:
            FailedPrecondition, Unavailable, DeadlineExceeded, Internal: see `Networks`.
        """
        self._networks.require(self._strategy)
        if not candidates:
            return []
        return best(candidates, (await self._networks.score(self._strategy, candidates)).tolist(), wish)


def rows_of(candidates: Sequence[Candidate], features: Sequence[str]) -> Floats:
    """Return the candidates' values of *features* (n, features), NaN for those that a candidate lacks."""
    return np.array(
        [[candidate.features.get(name, np.nan) for name in features] for candidate in candidates], np.float32
    )
