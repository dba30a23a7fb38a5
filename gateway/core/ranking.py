"""Ranking: which strategy, among which candidates, by which features.

Greedy strategies order by the score alone. Diversity chooses among more candidates than it returns. So do the networks:
what the index puts at place 60 may be what the network puts first. All candidates are put in order, not the first page
alone: the pages that follow go on in the same order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.core import boosts
from gateway.core.model.answer import Path, Result
from gateway.core.model.query import Query
from gateway.core.model.ranking import FEATURE_OF_SPACE, Candidate, RankingOffer, RankingPlan
from gateway.core.model.retrieval import Hit
from gateway.core.ports.products import ProductReader
from gateway.core.ports.rooms import Ranker
from gateway.core.relevance import cosine, judged
from triptych.vocabulary.choices import RankingStrategy, SimilarityMetric
from triptych.vocabulary.vectors import ModelVersion

NETWORKS = frozenset({RankingStrategy.RANKNET, RankingStrategy.LISTNET, RankingStrategy.LEARNED})

# Beyond this many candidates the choice no longer changes.
POOL_FACTOR = 4
POOL_MIN = 100
CANDIDATES_MAX = 1000


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
        if query.browses:
            return RankingPlan(None, pool_of(query))
        if query.order_by:
            return RankingPlan(None, CANDIDATES_MAX)
        offer = RankingOffer(frozenset())
        if query.ranking in NETWORKS or (query.ranking is None and path is Path.MULTIMODAL):
            offer = await self.ranker.offer()
        strategy = query.ranking
        if strategy is None and path is Path.MULTIMODAL:
            learned = RankingStrategy.LEARNED in offer.strategies
            strategy = RankingStrategy.LEARNED if learned else RankingStrategy.SIMILARITY
        return RankingPlan(strategy, pool_of(query), offer.features if strategy in NETWORKS else ())

    async def order(
        self, query: Query, plan: RankingPlan, hits: Sequence[Hit]
    ) -> tuple[tuple[Result, ...], tuple[ModelVersion, ...]]:
        """Return *hits* in order, without those that *query* takes for irrelevant; and the network that judged.

        Exact matches stand before all others, unless a field orders them.

        Raises:
            FailedPrecondition: MODEL_NOT_SERVED, the pack has no such network.
            Unavailable, DeadlineExceeded: the ranker does not answer, or not in time.
        """
        added = [self._boosts(query, hit) for hit in hits]
        candidates = [
            Candidate(hit, score, self._features(hit, query.metric, plan), boosts.total(each))
            for hit, score, each in zip(hits, base_scores(hits, query.rescoring), added, strict=True)
        ]
        models: tuple[ModelVersion, ...] = ()
        if plan.strategy is None or not candidates:
            ranked = as_found(candidates)
        else:
            ranked, models = await self._ranked(query, plan, candidates)
        results = [
            Result(
                hits[place],
                score,
                None if plan.strategy is None else score - candidates[place].boost,
                added[place],
            )
            for place, score in ranked
        ]
        if not query.order_by:
            results.sort(key=lambda result: not result.hit.exact_match)
        return judged(plan.judge, query, results), models

    async def _ranked(
        self, query: Query, plan: RankingPlan, candidates: Sequence[Candidate]
    ) -> tuple[list[tuple[int, float]], tuple[ModelVersion, ...]]:
        """Return (place, score) as the ranker puts them; it can tell apart only what has a vector, where it needs one."""
        assert plan.strategy is not None
        able = [i for i, each in enumerate(candidates) if each.hit.vector or not plan.with_vectors]
        ranked = await self.ranker.rank(
            plan.strategy,
            [candidates[place] for place in able],
            limit=len(able),
            diversity_lambda=query.diversity_lambda,
            features=plan.features,
        )
        order = [(able[place], score) for place, score in ranked.places]
        last = min((score for _, score in order), default=0.0)
        known = set(able)
        rest = [i for i in range(len(candidates)) if i not in known]
        return order + [(place, last) for place in rest], ranked.models

    def _boosts(self, query: Query, hit: Hit) -> Mapping[str, float]:
        return boosts.added(query.boosts, hit, self.reader.facts(hit.product)) if query.boosts else {}

    def _features(self, hit: Hit, metric: SimilarityMetric, plan: RankingPlan) -> Mapping[str, float]:
        if not plan.features:
            return {}
        known = known_features(hit, metric, self.reader)
        return {name: known[name] for name in plan.features if name in known}


def pool_of(query: Query) -> int:
    """Return how many candidates are retrieved for a page."""
    return max(query.limit * POOL_FACTOR, POOL_MIN)


def reads_products(query: Query, plan: RankingPlan) -> bool:
    """Return whether what products say of themselves has a part in their order."""
    return bool(query.boosts or plan.features)


def known_features(hit: Hit, metric: SimilarityMetric, reader: ProductReader) -> dict[str, float]:
    """Return what a network can look at, as far as it is known of *hit*."""
    known = dict(reader.features(hit.product))
    known |= {FEATURE_OF_SPACE[kind]: cosine(near, metric) for kind, near in hit.elsewhere.items()}
    return known if hit.lexical is None else known | {"lexical": hit.lexical}


def as_found(candidates: Sequence[Candidate]) -> list[tuple[int, float]]:
    """Return (place, score) in the order of the index; where something was boosted, in that of the scores."""
    scores = [(place, each.score + each.boost) for place, each in enumerate(candidates)]
    if any(each.boost for each in candidates):
        scores.sort(key=lambda item: -item[1])
    return scores


def base_scores(hits: Sequence[Hit], rescoring: SimilarityMetric | None) -> list[float]:
    """Return the scores before ranking: those of the second comparison where one was asked for, the least for the rest."""
    if rescoring is None:
        return [hit.score for hit in hits]
    sign = 1 if rescoring is SimilarityMetric.COSINE else -1
    scores = [None if hit.rescored is None else sign * hit.rescored for hit in hits]
    least = min((score for score in scores if score is not None), default=0.0)
    return [least if score is None else score for score in scores]
