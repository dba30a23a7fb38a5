"""Ranking: which strategy, among which candidates, by which features.

Greedy strategies order by the score alone. Diversity chooses among more candidates than it returns. So do the networks:
what the index puts at place 60 may be what the network puts first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.core.model import Candidate, Hit, Path, Query, Ranked, RankingOffer
from gateway.core.ports import ProductReader, Ranker
from triptych.vocabulary.choices import RankingStrategy, SimilarityMetric, SpaceKind

NETWORKS = frozenset({RankingStrategy.RANKNET, RankingStrategy.LISTNET, RankingStrategy.LEARNED})
POOLED = NETWORKS | {RankingStrategy.DIVERSE}

# Beyond this many candidates the choice no longer changes.
POOL_FACTOR = 4
POOL_MIN = 100
CANDIDATES_MAX = 1000

FEATURE_OF_SPACE: Mapping[SpaceKind, str] = {kind: f"similarity_{kind.name.lower()}" for kind in SpaceKind}


@dataclass(frozen=True)
class RankingPlan:
    """What to retrieve, and how to order it.

    Args:
        strategy: None keeps the order of the index.
        pool: how many candidates to retrieve for it.
        features: that the network looks at; empty without a network.
    """

    strategy: RankingStrategy | None
    pool: int
    features: tuple[str, ...] = ()

    @property
    def with_vectors(self) -> bool:
        """Whether candidates need their vectors."""
        return self.strategy is RankingStrategy.DIVERSE

    @property
    def compared(self) -> tuple[SpaceKind, ...]:
        """The spaces in which candidates are to be compared with the query."""
        return tuple(kind for kind, name in FEATURE_OF_SPACE.items() if name in self.features)


@dataclass(frozen=True)
class Ranking:
    """Orders what was found."""

    ranker: Ranker
    reader: ProductReader

    async def plan(self, query: Query, path: Path) -> RankingPlan:
        """Return the ranking that *query* asks for, or the default of its *path*.

        Raises:
            Unavailable, DeadlineExceeded: the ranker does not answer, or not in time.
        """
        offer = RankingOffer(frozenset())
        if query.ranking in NETWORKS or (query.ranking is None and path is Path.MULTIMODAL):
            offer = await self.ranker.offer()
        strategy = query.ranking
        if strategy is None and path is Path.MULTIMODAL:
            learned = RankingStrategy.LEARNED in offer.strategies
            strategy = RankingStrategy.LEARNED if learned else RankingStrategy.SIMILARITY
        pool = max(query.limit * POOL_FACTOR, POOL_MIN) if strategy in POOLED else query.limit
        return RankingPlan(strategy, pool, offer.features if strategy in NETWORKS else ())

    async def order(self, query: Query, plan: RankingPlan, hits: Sequence[Hit]) -> Ranked:
        """Return the best of *hits*, best first.

        Raises:
            FailedPrecondition: MODEL_NOT_SERVED, the pack has no such network.
            Unavailable, DeadlineExceeded: the ranker does not answer, or not in time.
        """
        candidates = [Candidate(hit, hit.score, self._features(hit, query.metric, plan)) for hit in hits]
        if plan.strategy is None or not candidates:
            return Ranked(tuple((place, each.score) for place, each in enumerate(candidates[: query.limit])))
        return await self.ranker.rank(
            plan.strategy,
            candidates,
            limit=query.limit,
            diversity_lambda=query.diversity_lambda,
            features=plan.features,
        )

    def _features(self, hit: Hit, metric: SimilarityMetric, plan: RankingPlan) -> Mapping[str, float]:
        if not plan.features:
            return {}
        similarities = {
            FEATURE_OF_SPACE[kind]: cosine(similarity, metric) for kind, similarity in hit.elsewhere.items()
        }
        known = {**self.reader.features(hit.product), **similarities}
        return {name: known[name] for name in plan.features if name in known}


def cosine(similarity: float, metric: SimilarityMetric) -> float:
    """Return a similarity as the networks were trained on it: ‖a − b‖² = 2 − 2·cos(a, b) for vectors of length 1."""
    return 1 - similarity * similarity / 2 if metric is SimilarityMetric.EUCLIDEAN else similarity
