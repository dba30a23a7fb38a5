"""Pages: a chain of them is a snapshot of an order.

The first page puts a pool of candidates in order and shows the best. What is left travels with the client (`Chain`): the
pages that follow read the products of the list anew and pass over what is gone or no longer passes the filter. When the
list is used up, the index is asked once for as many as a chain can have, and what was not seen yet is appended.

So nothing is shown twice, and nothing is left out that was there all along, whatever is written in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.core.model.answer import Chain, NextPage, Result
from gateway.core.model.degradation import Step
from gateway.core.model.query import Query
from gateway.core.model.ranking import RankingPlan
from gateway.core.model.retrieval import Hit, Retrieval
from gateway.core.pacing import stages
from gateway.core.pacing.pace import LeftOut, Pace
from gateway.core.ports.rooms import Index
from gateway.core.ports.tokens import Chains
from gateway.core.present import Present
from gateway.core.ranking import CANDIDATES_MAX, Ranking, reads_products
from triptych.vocabulary.errors import FailedPrecondition, InvalidArgument, Reason

# A chain ends after this many products.
PRODUCTS_MAX = 1000
# How the names of what was shown begin.
PRODUCT, GROUP = "p", "g"
OTHER_MODELS = frozenset({Reason.SPACE_MISMATCH, Reason.DIMENSION_MISMATCH})


@dataclass(frozen=True)
class Pages:
    """Makes the pages after the first."""

    index: Index
    ranking: Ranking
    chains: Chains

    async def follow(self, query: Query, pace: Pace) -> NextPage:
        """Return the page that the token of *query* asks for.

        Raises:
            InvalidArgument: PAGE_TOKEN_INVALID.
            FailedPrecondition: PAGE_TOKEN_EXPIRED.
            Unavailable, DeadlineExceeded: a room does not answer, or not in time.
        """
        chain = self.chains.open(query.page_token, query.fingerprint)
        # What was left out of the first page is left out of all.
        query = replace(query, rescoring=chain.retrieval.rescoring)
        results: list[Result] = []
        looked_at = query.limit
        try:
            while len(results) < query.limit and goes_on(chain):
                if not chain.waiting:
                    chain = await self._grown(query, chain, pace)
                shown, chain = await self._shown(query, chain, looked_at, query.limit - len(results), pace)
                results += shown
                # Where many are gone, a page is not to cost a call for each of them.
                looked_at *= 2
        except InvalidArgument as error:
            if error.reason not in OTHER_MODELS:
                raise
            raise outlived() from error
        return NextPage(
            tuple(results),
            chain.retrieval,
            pace.stages(),
            chain.head,
            chain if goes_on(chain) else None,
        )

    async def _grown(self, query: Query, chain: Chain, pace: Pace) -> Chain:
        """Return *chain* with all that the index finds beyond what was seen, in order."""
        with pace.stage("search"):
            # Their products are read when they are shown.
            products = None if reads_products(query, chain.plan) else 0
            asked = replace(beyond(chain), limit=CANDIDATES_MAX, products_limit=products)
            found = await self.index.search(asked)
        grouped = chain.retrieval.grouped
        unseen = [hit for hit in found.hits if chain.shown.isdisjoint(keys(hit, grouped=grouped))]
        with pace.stage("rank"):
            chain, results = await self._ordered(query, chain, unseen, pace)
        return replace(chain, waiting=results[: PRODUCTS_MAX - chain.count], complete=True)

    async def _ordered(
        self, query: Query, chain: Chain, unseen: Sequence[Hit], pace: Pace
    ) -> tuple[Chain, tuple[Result, ...]]:
        """Return *unseen* in order, and the chain with the plan by which they are."""
        plan = chain.plan
        if plan.strategy is not None:
            try:
                stage = stages.rank(plan.strategy)
                return chain, (await pace.attempt(stage, lambda: self.ranking.order(query, plan, unseen)))[0]
            except LeftOut as left_out:
                pace.leave_out(Step.RANKING, left_out.cause)
                plan = replace(plan, strategy=None, features=())
        return replace(chain, plan=plan), (await self.ranking.order(query, plan, unseen))[0]

    async def _shown(
        self, query: Query, chain: Chain, looked_at: int, limit: int, pace: Pace
    ) -> tuple[list[Result], Chain]:
        """Return at most *limit* of the next *looked_at* products: those still to be shown; and the chain without them."""
        taken, waiting = chain.waiting[:looked_at], chain.waiting[looked_at:]
        present = Present(self.index, self.ranking)
        with pace.stage("read"):
            candidates = iter(await present.of(query, chain, taken))
        seen, results = chain.shown, list[Result]()
        while len(results) < limit and (result := next(candidates, None)):
            # What joined a group since is not shown beside another of it.
            names = keys(result.hit, grouped=chain.retrieval.grouped)
            if seen.isdisjoint(names):
                results.append(result)
                seen |= names
        count = chain.count + len(results)
        # There may be more than were taken: of a group that its best product left, another is shown too.
        waiting = (*candidates, *waiting)[: PRODUCTS_MAX - count]
        return results, replace(chain, waiting=waiting, shown=seen, count=count)


def begun(
    results: Sequence[Result], limit: int, retrieval: Retrieval, plan: RankingPlan, *, complete: bool
) -> Chain | None:
    """Return what is left of a search after its first page of *limit*; None where nothing is."""
    chain = Chain(
        # There is time for what follows: it is asked for when somebody wants it.
        replace(retrieval, facets=(), counted=False, products_limit=None, hurried=False),
        plan,
        tuple(results[limit:]),
        frozenset().union(*(keys(result.hit, grouped=retrieval.grouped) for result in results[:limit])),
        min(limit, len(results)),
        complete,
    )
    return chain if goes_on(chain) else None


def goes_on(chain: Chain) -> bool:
    """Return whether there may be more to show."""
    return bool(chain.waiting) or (not chain.complete and chain.count < PRODUCTS_MAX)


def beyond(chain: Chain) -> Retrieval:
    """Return what finds more of a search.

    Where products are grouped, those that were shown are left out, so that of a group that one of them joined since,
    another is the best.
    """
    asked = chain.retrieval
    if not asked.grouped:
        return asked
    shown = sorted(name.removeprefix(PRODUCT) for name in chain.shown if name.startswith(PRODUCT))
    return replace(asked, excluded_ids=(*asked.excluded_ids, *shown))


def keys(hit: Hit, *, grouped: bool) -> frozenset[str]:
    """Return the names by which it is known that a product, or one of its group, was shown."""
    product = PRODUCT + hit.id
    return frozenset({product, GROUP + hit.group_id} if grouped and hit.group_id else {product})


def outlived() -> FailedPrecondition:
    """Return the error for a chain whose vectors cannot be compared with the catalogue's any more."""
    return FailedPrecondition(
        "The catalogue is served by other models than when the search began; search again from the first page.",
        reason=Reason.PAGE_TOKEN_EXPIRED,
        field="page_token",
    )
