"""The walk of a search: listen, encode, fuse, search, rank.

One modality takes the short way, as in the article's flowchart: features, search, answer. Several take the long one:
features, fusion, search, ranking, answer. What there is no time for is left out, in the order of `Step`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from gateway.core import pages
from gateway.core.checks import check
from gateway.core.explain.explained import explained, is_of
from gateway.core.explain.explainer import Explainer
from gateway.core.finding import Finder, Found
from gateway.core.listening import Listener
from gateway.core.model.answer import Answer, NextPage, Result
from gateway.core.model.degradation import Cause, Step
from gateway.core.model.query import ExplainLevel, Query, Spelling
from gateway.core.model.retrieval import Retrieval
from gateway.core.pacing import stages
from gateway.core.pacing.pace import LeftOut, Pace, Pacing
from gateway.core.pages import Pages
from gateway.core.parts import PartReader, Understood
from gateway.core.ports.rooms import Encoder, Fuser, Index
from gateway.core.ports.tokens import Chains
from gateway.core.ranking import CANDIDATES_MAX, Ranking
from gateway.core.retrieving import texts
from gateway.core.spelling import Speller, found_by_words, suggestion, with_words
from triptych.vocabulary.concurrency import both
from triptych.vocabulary.errors import DeadlineExceeded
from triptych.vocabulary.vectors import ModelVersion


@dataclass(frozen=True)
class ProductSearch:
    """Finds products."""

    encoder: Encoder
    fuser: Fuser
    index: Index
    ranking: Ranking
    chains: Chains
    listener: Listener
    pacing: Pacing = field(default_factory=Pacing)

    async def search(self, query: Query) -> Answer:
        """Return the products that answer *query*, best first.

        Raises:
            InvalidArgument: the query contradicts itself, a part cannot be understood, or the parts cancel one another.
            NotFound: the catalogue or a product in the query does not exist.
            FailedPrecondition: NOT_CALIBRATED, the query cuts by relevance and nothing tells it.
            Unavailable, DeadlineExceeded: a room does not answer, or not in time, and the query cannot do without it.
        """
        check(query)
        pace = self.pacing.begin(strict=query.strict)
        listened = await self.listener.listen(query, pace)
        query = listened.query
        understood, corrections = await self._understand(query, pace)
        found = await self._finder.found(understood, pace)
        applied = query.spelling is Spelling.AUTO
        if query.spelling is Spelling.SUGGEST and corrections and not found_by_words(found.asked, found.hits):
            again = await self._again(with_words(query, corrections), pace)
            applied = again is not None
            understood, found = again or (understood, found)
        found, results, models = await self._ordered(understood.query, found, pace)
        is_exact = any(result.hit.exact_match for result in results)
        shown = await self._explained(understood, found.asked, results[: query.limit], pace)
        return Answer(
            results=shown,
            path=understood.path,
            modalities=understood.modalities,
            fusion=understood.query.fusion if len(understood.sought) > 1 else None,
            ranking=found.plan.strategy,
            space=found.hits.space,
            models=tuple(
                sorted({*listened.models, *understood.models, *models}, key=lambda model: model.name)
            ),
            index_name=found.hits.index_name,
            index_space=found.hits.index_space,
            stages=pace.stages(),
            filter=found.asked.filter,
            lexical_weight=found.asked.lexical_weight or None,
            facets=found.hits.facets,
            total_size=found.hits.total_size,
            total_is_exact=found.hits.total_is_exact,
            # Who writes an article number as it stands means it.
            spelling=None if is_exact and not applied else suggestion(query, corrections, applied=applied),
            # Behind a pool of which nothing is relevant there is nothing either.
            chain=pages.begun(
                results, query.limit, found.asked, found.plan, complete=found.is_all or not results
            ),
            speech=listened.heard,
            degradations=pace.degradations,
        )

    async def follow(self, query: Query) -> NextPage:
        """Return the page after the first that the token of *query* asks for; see `Pages.follow`."""
        pace = self.pacing.begin(strict=query.strict)
        page = await Pages(self.index, self.ranking, self.chains).follow(query, pace)
        if query.explain is ExplainLevel.NONE or not page.results:
            return replace(page, degradations=pace.degradations)
        results = page.results
        try:
            stage = stages.explain_page(query.explain)
            results = await pace.attempt(stage, lambda: self._explained_page(query, page, pace))
        except LeftOut as left_out:
            pace.leave_out(Step.EXPLANATIONS, left_out.cause)
        return replace(page, results=results, stages=pace.stages(), degradations=pace.degradations)

    @property
    def _reader(self) -> PartReader:
        return PartReader(self.encoder, self.fuser, self.index)

    @property
    def _finder(self) -> Finder:
        return Finder(self.index, self.ranking)

    async def _understand(self, query: Query, pace: Pace) -> tuple[Understood, Mapping[int, str]]:
        """Return *query* with its vectors, and other words for those that the catalogue does not know."""
        if query.spelling is Spelling.AUTO:
            corrections = await self._corrections(query, pace)
            return await self._reader.understand(with_words(query, corrections), pace), corrections
        if query.spelling is Spelling.OFF:
            return await self._reader.understand(query, pace), {}
        return await both(self._reader.understand(query, pace), self._corrections(query, pace))

    async def _corrections(self, query: Query, pace: Pace) -> Mapping[int, str]:
        keep = (*stages.essential(query), stages.SEARCH_HURRIED)
        try:
            return await pace.attempt(stages.SPELL, lambda: Speller(self.index).corrections(query), keep)
        except LeftOut as left_out:
            pace.leave_out(Step.SPELLING, left_out.cause)
            return {}

    async def _again(self, query: Query, pace: Pace) -> tuple[Understood, Found] | None:
        """Return what is found with other words; None where there is no time to look for it."""

        async def again() -> tuple[Understood, Found]:
            # All of it or nothing: what was found first is whole.
            understood = await self._reader.understand(query, pace.whole())
            return understood, await self._finder.found(understood, pace.whole())

        try:
            return await pace.attempt(stages.RESPELL, again)
        except LeftOut as left_out:
            pace.leave_out(Step.SPELLING, left_out.cause)
            return None

    async def _ordered(
        self, query: Query, found: Found, pace: Pace
    ) -> tuple[Found, tuple[Result, ...], tuple[ModelVersion, ...]]:
        """Return all that was found in order, by which plan it is, and the network that judged."""
        query = replace(query, rescoring=found.asked.rescoring)
        hits = found.hits.hits
        if found.plan.strategy is not None and hits:
            try:
                with pace.stage("rank"):
                    order = partial(self.ranking.order, query, found.plan, hits)
                    return found, *await pace.attempt(stages.rank(found.plan.strategy), order)
            except LeftOut as left_out:
                pace.leave_out(Step.RANKING, left_out.cause)
            found = found.unranked()
        return found, *await self.ranking.order(query, found.plan, hits)

    async def _explained(
        self, understood: Understood, asked: Retrieval, results: tuple[Result, ...], pace: Pace
    ) -> tuple[Result, ...]:
        """Return *results* with what was asked for of why they stand where they do, if there is time for it."""
        level = understood.query.explain
        if level is ExplainLevel.NONE or not results:
            return results
        try:
            # What is dearer than explanations was left out already: then they are too.
            pace.require_whole()
            explainer = Explainer(self.encoder, self.fuser, self.index)
            explain = partial(explained, explainer, understood, asked, results, self._all)
            with pace.stage("explain"):
                return await pace.attempt(stages.explain(level), explain)
        except LeftOut as left_out:
            pace.leave_out(Step.EXPLANATIONS, left_out.cause)
            return results

    async def _explained_page(self, query: Query, page: NextPage, pace: Pace) -> tuple[Result, ...]:
        """Return the results of *page* explained, by the query as it was searched."""
        whole = pace.whole()
        query = (await self.listener.listen(query, whole)).query
        understood, corrections = await self._understand(query, whole)
        if tuple(texts(understood.query).values()) != page.asked.texts:
            understood = await self._reader.understand(with_words(query, corrections), whole)
        if not (pace.strict or is_of(understood, page.asked)):
            raise LeftOut(Cause.SLOW, DeadlineExceeded())
        with pace.stage("explain"):
            explainer = Explainer(self.encoder, self.fuser, self.index)
            return await explained(explainer, understood, page.asked, page.results, self._all)

    async def _all(self, understood: Understood) -> tuple[Result, ...]:
        """Return as many results as all pages show, in the order in which they show them."""
        query = understood.query
        found = await self._finder.found(understood, Pace(), limit=CANDIDATES_MAX)
        hits, pool = found.hits.hits, found.plan.pool
        first, _ = await self.ranking.order(query, found.plan, hits[:pool])
        rest, _ = await self.ranking.order(query, found.plan, hits[pool:])
        return (*first, *rest)
