"""Finding: what is asked of the index for a query, in full or in a hurry, and what it finds."""

from dataclasses import dataclass, replace

from gateway.core.model.degradation import Cause, Step
from gateway.core.model.ranking import Curve, RankingPlan
from gateway.core.model.retrieval import Hits, Retrieval
from gateway.core.pacing import stages
from gateway.core.pacing.pace import LeftOut, Pace
from gateway.core.parts import Understood
from gateway.core.ports.rooms import Index
from gateway.core.ranking import Ranking, pool_of
from gateway.core.relevance import curve_of, judge_of
from gateway.core.retrieving import blamed, hurried, retrieval
from triptych.vocabulary.choices import Modality, SpaceKind
from triptych.vocabulary.concurrency import both
from triptych.vocabulary.errors import InvalidArgument


@dataclass(frozen=True)
class Found:
    """What was asked of the index, and what it found."""

    plan: RankingPlan
    asked: Retrieval
    hits: Hits

    def judged(self, curve: Curve | None) -> "Found":
        """Return the same with a plan that tells by *curve* how probably each is relevant."""
        judge = judge_of(curve, self.hits.hits, self.asked.metric)
        return replace(self, plan=replace(self.plan, judge=judge))

    def unranked(self) -> "Found":
        """Return the same with a plan that keeps the order of the index."""
        return replace(self, plan=replace(self.plan, strategy=None, features=()))

    @property
    def is_all(self) -> bool:
        """Whether there is no more to find."""
        counted = self.hits.total_is_exact and self.hits.total_size <= len(self.hits.hits)
        return counted or len(self.hits.hits) < self.asked.limit


@dataclass(frozen=True)
class Finder:
    """Asks the index."""

    index: Index
    ranking: Ranking

    async def found(self, understood: Understood, pace: Pace, limit: int | None = None) -> Found:
        """Return what the index finds: a pool of candidates, or with *limit* so many, uncounted.

        A photo is compared with photos unless the request says otherwise, and with whole products where there are none.
        """
        query = understood.query
        plan, facts = await both(self._plan(understood, pace), self.index.facts(query.catalog))
        curve = curve_of(facts, query, understood.modalities)
        with pace.stage("search"):
            if query.space is None and understood.modalities == (Modality.IMAGE,):
                found = await self._search(understood, plan, SpaceKind.IMAGE, limit, pace)
                if found.hits.hits:
                    return found.judged(curve)
            # Where nothing is compared, any space does, and every product has this one.
            space = SpaceKind.FUSED if query.browses else query.space or SpaceKind.FUSED
            found = await self._search(understood, plan, space, limit, pace)
            return found.judged(curve)

    async def _plan(self, understood: Understood, pace: Pace) -> RankingPlan:
        """Return how candidates are to be ranked; not at all where there is no time for it."""
        query, cause = understood.query, Cause.SLOW
        try:
            plan = await pace.attempt(
                stages.OFFER, lambda: self.ranking.plan(query, understood.path), (stages.SEARCH,)
            )
            if plan.strategy is None or pace.fits(stages.rank(plan.strategy), (stages.SEARCH,)):
                return plan
        except LeftOut as left_out:
            cause = left_out.cause
        pace.leave_out(Step.RANKING, cause)
        return RankingPlan(None, pool_of(query))

    async def _search(
        self, understood: Understood, plan: RankingPlan, space: SpaceKind, limit: int | None, pace: Pace
    ) -> Found:
        asked = retrieval(understood, plan, space)
        if limit is not None:
            asked = replace(asked, limit=limit, facets=(), counted=False)
        try:
            return await self._asked(understood, plan, asked, pace)
        except InvalidArgument as error:
            raise blamed(error, understood) from error

    async def _asked(self, understood: Understood, plan: RankingPlan, asked: Retrieval, pace: Pace) -> Found:
        """Return what *asked* finds; where there is no time for all of it, what can be found in a hurry."""
        try:
            hits = await pace.attempt(
                stages.SEARCH, lambda: self.index.search(asked), (stages.SEARCH_HURRIED,)
            )
            return Found(plan, asked, hits)
        except LeftOut as left_out:
            if left_out.cause is Cause.UNAVAILABLE:
                raise left_out.error from None
            cause = left_out.cause
        for step in steps_saved(plan, asked):
            pace.leave_out(step, cause)
        plan = replace(plan, strategy=None, features=())
        asked = hurried(retrieval(understood, plan, asked.space), understood.query.limit)
        hits = await pace.measured(stages.SEARCH_HURRIED, lambda: self.index.search(asked))
        return Found(plan, asked, replace(hits, total_size=len(hits.hits), total_is_exact=False))


def steps_saved(plan: RankingPlan, asked: Retrieval) -> list[Step]:
    """Return what a search in a hurry leaves out of *asked*."""
    saved = {
        Step.RANKING: plan.strategy is not None,
        Step.RESCORING: asked.rescoring is not None,
        Step.COUNTS: asked.counted,
        Step.SEARCH_EFFORT: True,
    }
    return [step for step, is_saved in saved.items() if is_saved]
