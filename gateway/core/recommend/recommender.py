"""Recommendations: events → what still counts → interests → candidates → blend → diversity."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.core.model import ranking
from gateway.core.model.catalog import ProductRecord
from gateway.core.model.retrieval import Hit, Retrieval
from gateway.core.ports.products import ProductReader
from gateway.core.ports.rooms import Index, Ranker
from gateway.core.ranking import CANDIDATES_MAX, POOL_FACTOR, POOL_MIN
from gateway.core.recommend.blend import SHARPNESS, Candidate, Scored, Why, blend
from gateway.core.recommend.history import CustomerEvent, History, history
from gateway.core.recommend.interests import Interest, interests
from triptych.vocabulary.choices import RankingStrategy, SimilarityMetric, SpaceKind
from triptych.vocabulary.concurrency import side_by_side
from triptych.vocabulary.vectors import Vector

# Bounds of the search room: ids that are read at once, ids of one retrieval, ids that it leaves out.
READ_MAX = 1000
ONLY_MAX = 1000
EXCLUDED_MAX = 1200


@dataclass(frozen=True)
class Customer:
    """For whom, and what may be recommended.

    Args:
        events: in any order.
        filter: in the grammar of docs/filters.md.
        limit: how many products, 1 to 100.
        include_bought: whether what was bought may be recommended again.
        half_life_s: the age at which an event counts one half, above 0.
        diversity_lambda: how much likeness to an interest counts against diversity, 0 to 1.
        as_of_s: seconds since 1970, to which ages are counted; None is now.
    """

    catalog: str
    events: tuple[CustomerEvent, ...]
    filter: str
    limit: int
    include_bought: bool
    half_life_s: float
    diversity_lambda: float
    as_of_s: float | None = None


@dataclass(frozen=True)
class Recommended:
    """A product that is recommended, and why; *interest* is a place among the interests where that is why."""

    id: str
    product: bytes
    score: float
    why: Why
    interest: int | None


@dataclass(frozen=True)
class Recommendations:
    """What is recommended, best first; the interests that were told apart; how many events counted; when."""

    results: tuple[Recommended, ...]
    interests: tuple[Interest, ...]
    events_used: int


@dataclass(frozen=True)
class Recommender:
    """Recommends products; *now* returns the seconds since 1970."""

    index: Index
    ranker: Ranker
    reader: ProductReader
    now: Callable[[], float] = time.time

    async def recommend(self, customer: Customer) -> Recommendations:
        """Return what *customer* may want next, best first; the same for the same events, in whatever order.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
            InvalidArgument: FILTER_INVALID.
            Unavailable, DeadlineExceeded: a room does not answer, or not in time.
        """
        known = await self._read(customer)
        vectors = {product_id: record.vectors[0].vector for product_id, record in known.items()}
        events = [event for event in customer.events if event.product_id in known]
        as_of_s = self.now() if customer.as_of_s is None else customer.as_of_s
        past = history(events, as_of_s, customer.half_life_s, again=customer.include_bought)
        # Two hundred products take some ten milliseconds.
        told_apart = await asyncio.to_thread(interests, past, vectors)
        candidates = await self._candidates(customer, past, told_apart, known)
        dislikes = [(vectors[product_id], freshness) for product_id, freshness in past.dislikes.items()]
        scored = blend(candidates, told_apart, past.habits, dislikes)
        return Recommendations(await self._chosen(customer, scored), told_apart, len(events))

    async def _read(self, customer: Customer) -> Mapping[str, ProductRecord]:
        """Return the products of the events that the catalogue has, with their vectors, by id.

        One that was stored a moment ago may not be seen yet: waiting for it would cost every customer more.
        """
        ids = sorted({event.product_id for event in customer.events})
        batches = [ids[at : at + READ_MAX] for at in range(0, len(ids), READ_MAX)]
        read = await side_by_side(
            [self.index.read(customer.catalog, batch, with_vectors=True, bounded=True) for batch in batches]
        )
        return {record.id: record for records in read for record in records}

    async def _candidates(
        self,
        customer: Customer,
        past: History,
        told_apart: Sequence[Interest],
        known: Mapping[str, ProductRecord],
    ) -> list[Candidate]:
        """Return what may be recommended: popular, near an interest, or had before; each once, by id."""
        barred = past.dislikes.keys() | (set() if customer.include_bought else past.habits.keys())
        asked = wanted(customer, sorted(barred))
        searches = [replace(asked, order_by="popularity desc")]
        searches += [replace(asked, query=interest.vector) for interest in told_apart]
        found = await side_by_side(
            [*(self._found(each) for each in searches), self._had_before(customer, past, known)]
        )
        once = {candidate.id: candidate for some in found for candidate in some if candidate.id not in barred}
        return [once[product_id] for product_id in sorted(once)]

    async def _found(self, asked: Retrieval) -> list[Candidate]:
        hits = (await self.index.search(asked)).hits
        return [self._candidate(hit.id, hit.product, hit.vector) for hit in hits if hit.vector is not None]

    async def _had_before(
        self, customer: Customer, past: History, known: Mapping[str, ProductRecord]
    ) -> list[Candidate]:
        """Return what was bought and may be recommended again: the strongest habits that pass the filter."""
        if not (customer.include_bought and past.habits):
            return []
        ids = sorted(past.habits, key=lambda each: (-past.habits[each], each))[:ONLY_MAX]
        if customer.filter:
            near = known[ids[0]].vectors[0].vector
            return await self._found(
                replace(wanted(customer, ()), query=near, limit=len(ids), only_ids=tuple(ids))
            )
        return [self._candidate(each, known[each].record, known[each].vectors[0].vector) for each in ids]

    def _candidate(self, product_id: str, product: bytes, vector: Vector) -> Candidate:
        return Candidate(product_id, product, vector, self.reader.facts(product).popularity)

    async def _chosen(self, customer: Customer, scored: Sequence[Scored]) -> tuple[Recommended, ...]:
        """Return the best, best first.

        The places of what is like an interest go to products that are unlike one another; the scores stay with the
        places. What is popular or wanted again is of many kinds anyway.
        """
        best = sorted(scored, key=lambda each: (-each.score, each.candidate.id))[: pool(customer.limit)]
        places = best[: customer.limit]
        spread = iter(await self._spread(customer, best, sum(each.why is Why.INTEREST for each in places)))
        return tuple(
            recommended(next(spread) if each.why is Why.INTEREST else each, each.score) for each in places
        )

    async def _spread(self, customer: Customer, best: Sequence[Scored], count: int) -> list[Scored]:
        """Return *count* of those that are like an interest, each unlike those before it."""
        if not count:
            return []
        like = [each for each in best if each.why is Why.INTEREST]
        ranked = await self.ranker.rank(
            RankingStrategy.DIVERSE,
            [as_seen_by_ranker(each, like[0].score) for each in like],
            limit=count,
            diversity_lambda=customer.diversity_lambda,
        )
        return [like[place] for place, _ in ranked.places]


def pool(limit: int) -> int:
    """Return among how many candidates *limit* are chosen."""
    return max(POOL_FACTOR * limit, POOL_MIN)


def wanted(customer: Customer, barred: Sequence[str]) -> Retrieval:
    """Return what is asked of the index for *customer*, but for the query; without those *barred* that it can bar."""
    return Retrieval(
        customer.catalog,
        None,
        SpaceKind.FUSED,
        SimilarityMetric.COSINE,
        # More are barred than it can be told only where a customer bought more than a thousand products.
        min(pool(customer.limit) + max(0, len(barred) - EXCLUDED_MAX), CANDIDATES_MAX),
        with_vectors=True,
        filter=customer.filter,
        excluded_ids=tuple(barred[:EXCLUDED_MAX]),
    )


def recommended(scored: Scored, score: float) -> Recommended:
    """Return what is shown of a candidate."""
    candidate = scored.candidate
    return Recommended(candidate.id, candidate.product, score, scored.why, scored.interest)


def as_seen_by_ranker(scored: Scored, greatest: float) -> ranking.Candidate:
    """Return a candidate in the ranker's terms, its score brought back from the power to the size of a cosine."""
    candidate = scored.candidate
    share = max(0.0, scored.score) / greatest if greatest > 0 else 0.0
    return ranking.Candidate(
        Hit(candidate.id, candidate.product, None, 0, candidate.vector), share ** (1 / SHARPNESS)
    )
