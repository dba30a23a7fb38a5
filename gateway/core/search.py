"""The walk of a search: listen, encode, fuse, search, rank.

One modality takes the short way, as in the article's flowchart: features, search, answer. Several take the long one:
features, fusion, search, ranking, answer.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.core import pages
from gateway.core.checks import check
from gateway.core.explain.explained import explained
from gateway.core.explain.explainer import Explainer
from gateway.core.listening import Listener
from gateway.core.model.answer import Answer, NextPage, Result
from gateway.core.model.query import ExplainLevel, Query, Spelling
from gateway.core.model.ranking import Curve, RankingPlan
from gateway.core.model.retrieval import Hits, Retrieval
from gateway.core.pages import Pages
from gateway.core.parts import PartReader, Understood
from gateway.core.ports.rooms import Encoder, Fuser, Index
from gateway.core.ports.tokens import Chains
from gateway.core.ranking import CANDIDATES_MAX, Ranking
from gateway.core.relevance import curve_of, judge_of
from gateway.core.retrieving import blamed, retrieval, texts
from gateway.core.spelling import Speller, found_by_words, suggestion, with_words
from gateway.core.stopwatch import Stopwatch
from triptych.vocabulary.choices import Modality, SpaceKind
from triptych.vocabulary.errors import InvalidArgument
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

    async def search(self, query: Query) -> Answer:
        """Return the products that answer *query*, best first.

        Raises:
            InvalidArgument: the query contradicts itself, a part cannot be understood, or the parts cancel one another.
            NotFound: the catalogue or a product in the query does not exist.
            FailedPrecondition: NOT_CALIBRATED, the query cuts by relevance and nothing tells it.
            Unavailable, DeadlineExceeded: a room does not answer, or not in time.
        """
        check(query)
        watch = Stopwatch()
        listened = await self.listener.listen(query, watch)
        query = listened.query
        understood, corrections = await self._understand(query, watch)
        found = await self._found(understood, watch)
        applied = query.spelling is Spelling.AUTO
        if query.spelling is Spelling.SUGGEST and corrections and not found_by_words(found.asked, found.hits):
            applied = True
            understood = await self._reader.understand(with_words(query, corrections), watch)
            found = await self._found(understood, watch)
        results, models = await self._ordered(understood.query, found, watch)
        is_exact = any(result.hit.exact_match for result in results)
        shown = await self._explained(understood, found.asked, results[: query.limit], watch)
        return Answer(
            results=shown,
            path=understood.path,
            modalities=understood.modalities,
            fusion=query.fusion if len(understood.sought) > 1 else None,
            ranking=found.plan.strategy,
            space=found.hits.space,
            models=tuple(
                sorted({*listened.models, *understood.models, *models}, key=lambda model: model.name)
            ),
            index_name=found.hits.index_name,
            index_space=found.hits.index_space,
            stages=watch.stages(),
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
        )

    async def follow(self, query: Query) -> NextPage:
        """Return the page after the first that the token of *query* asks for; see `Pages.follow`."""
        page = await Pages(self.index, self.ranking, self.chains).follow(query)
        if query.explain is ExplainLevel.NONE or not page.results:
            return page
        watch = Stopwatch()
        query = (await self.listener.listen(query, watch)).query
        understood, corrections = await self._understand(query, watch)
        if tuple(texts(understood.query).values()) != page.asked.texts:
            understood = await self._reader.understand(with_words(query, corrections), watch)
        results = await self._explained(understood, page.asked, page.results, watch)
        return replace(page, results=results, stages=(*page.stages, *watch.stages()))

    @property
    def _reader(self) -> PartReader:
        return PartReader(self.encoder, self.fuser, self.index)

    async def _understand(self, query: Query, watch: Stopwatch) -> tuple[Understood, Mapping[int, str]]:
        """Return *query* with its vectors, and other words for those that the catalogue does not know."""
        speller = Speller(self.index)
        if query.spelling is Spelling.AUTO:
            corrections = await speller.corrections(query)
            return await self._reader.understand(with_words(query, corrections), watch), corrections
        if query.spelling is Spelling.OFF:
            return await self._reader.understand(query, watch), {}
        return await asyncio.gather(self._reader.understand(query, watch), speller.corrections(query))

    async def _explained(
        self, understood: Understood, asked: Retrieval, results: tuple[Result, ...], watch: Stopwatch
    ) -> tuple[Result, ...]:
        """Return *results* with what was asked for of why they stand where they do."""
        if understood.query.explain is ExplainLevel.NONE or not results:
            return results
        explainer = Explainer(self.encoder, self.fuser, self.index)
        with watch.stage("explain"):
            return await explained(explainer, understood, asked, results, self._all)

    async def _all(self, understood: Understood) -> tuple[Result, ...]:
        """Return as many results as all pages show, in the order in which they show them."""
        query = understood.query
        found = await self._found(understood, Stopwatch(), limit=CANDIDATES_MAX)
        hits, pool = found.hits.hits, found.plan.pool
        first, _ = await self.ranking.order(query, found.plan, hits[:pool])
        rest, _ = await self.ranking.order(query, found.plan, hits[pool:])
        return (*first, *rest)

    async def _found(self, understood: Understood, watch: Stopwatch, limit: int | None = None) -> "Found":
        """Return what the index finds: a pool of candidates, or with *limit* so many, uncounted.

        A photo is compared with photos unless the request says otherwise, and with whole products where there are none.
        """
        query = understood.query
        plan, facts = await asyncio.gather(
            self.ranking.plan(query, understood.path), self.index.facts(query.catalog)
        )
        curve = curve_of(facts, query, understood.modalities)
        with watch.stage("search"):
            if query.space is None and understood.modalities == (Modality.IMAGE,):
                found = await self._search(understood, plan, SpaceKind.IMAGE, limit)
                if found.hits.hits:
                    return found.judged(curve)
            found = await self._search(understood, plan, query.space or SpaceKind.FUSED, limit)
            return found.judged(curve)

    async def _search(
        self, understood: Understood, plan: RankingPlan, space: SpaceKind, limit: int | None
    ) -> "Found":
        asked = retrieval(understood, plan, space)
        if limit is not None:
            asked = replace(asked, limit=limit, facets=(), counted=False)
        try:
            return Found(plan, asked, await self.index.search(asked))
        except InvalidArgument as error:
            raise blamed(error, understood) from error

    async def _ordered(
        self, query: Query, found: "Found", watch: Stopwatch
    ) -> tuple[tuple[Result, ...], tuple[ModelVersion, ...]]:
        """Return all that was found in order, and the network that judged."""
        if found.plan.strategy is None or not found.hits.hits:
            return await self.ranking.order(query, found.plan, found.hits.hits)
        with watch.stage("rank"):
            return await self.ranking.order(query, found.plan, found.hits.hits)


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

    @property
    def is_all(self) -> bool:
        """Whether there is no more to find."""
        counted = self.hits.total_is_exact and self.hits.total_size <= len(self.hits.hits)
        return counted or len(self.hits.hits) < self.asked.limit
