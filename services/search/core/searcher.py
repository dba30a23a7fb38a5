"""Finding: the products that are best by vectors, by words or by both, each once."""

import asyncio
import itertools
from dataclasses import replace

from services.search.core.candidates import Candidates
from services.search.core.counting import facets, total
from services.search.core.elsewhere import elsewhere
from services.search.core.exclusions import Screen
from services.search.core.groups import best_of_each
from services.search.core.hits import hits_of, rescored
from services.search.core.model import Found, Hit
from services.search.core.ordering import ordered
from services.search.core.query import SearchQuery, check_query
from services.search.core.rescoring import Rescorer
from services.search.core.scope import Scope, record_of, scope_of
from services.search.core.stores import Stores
from triptych.vocabulary.choices import Consistency, HybridFusion
from triptych.vocabulary.errors import Reason, TriptychError

# So many of the most relevant products are put in the order of a field.
ORDERED_MAX = 1_000
# Words and vectors are looked for at least so deep where both count: what is best by both may be first by neither.
HYBRID_DEPTH_MIN = 100
# How often what was looked at is doubled for the sake of the order alone, when there are enough products already.
ORDER_DOUBLINGS = 3

# What an answer from memory can be wrong about, when a catalogue was switched to another model, made anew, or given
# products with new attributes.
_MAYBE_STALE = frozenset(
    {
        Reason.CATALOG_NOT_FOUND,
        Reason.SPACE_MISMATCH,
        Reason.DIMENSION_MISMATCH,
        Reason.FILTER_INVALID,
        Reason.FIELD_INVALID,
    }
)


class Searcher:
    """Finds products in *stores*; new attributes and collections are seen at once if it *is_strong*.

    If it *is_hurried*, its stores look at as few candidates as can be.
    """

    def __init__(
        self,
        stores: Stores,
        rescorer: Rescorer | None = None,
        *,
        is_strong: bool = False,
        is_hurried: bool = False,
    ) -> None:
        self._stores = stores
        self._rescorer = rescorer or Rescorer(stores.vectors)
        self._is_strong = is_strong
        self._is_hurried = is_hurried

    async def search(self, query: SearchQuery) -> Found:
        """Return the best products for *query*, best first.

        Exact matches stand before all others, unless a field orders them. Products equally good are ordered by id.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
            InvalidArgument: SPACE_MISMATCH, DIMENSION_MISMATCH, FILTER_INVALID, FIELD_INVALID.
            FailedPrecondition: SIMILARITY_NOT_INDEXED.
        """
        check_query(query)
        if query.consistency is not None:
            return await self._seeing(query.consistency).search(replace(query, consistency=None))
        if query.hurried and not self._is_hurried:
            return await self._hurried().search(query)
        try:
            return await self._search(query, fresh=self._is_strong)
        except TriptychError as error:
            if error.reason not in _MAYBE_STALE:
                raise
        return await self._search(query, fresh=True)

    async def corrected(self, catalog: str, text: str) -> str:
        """Return *text* with words that the catalogue does not know replaced; empty where none was.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
        """
        await record_of(self._stores, catalog, fresh=False)
        return await self._stores.words.corrected(catalog, text)

    async def completions(self, catalog: str, text: str, limit: int) -> list[tuple[str, int]]:
        """Return *text* with its last word completed, and about how many products have all words of that.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
        """
        await record_of(self._stores, catalog, fresh=False)
        return await self._stores.words.completions(catalog, text, limit)

    def _seeing(self, consistency: Consistency) -> "Searcher":
        is_strong = consistency is Consistency.STRONG
        return Searcher(self._stores.seeing(consistency), self._rescorer, is_strong=is_strong)

    def _hurried(self) -> "Searcher":
        return Searcher(self._stores.hurried(), self._rescorer, is_strong=self._is_strong, is_hurried=True)

    async def _search(self, query: SearchQuery, *, fresh: bool) -> Found:
        scope = await scope_of(self._stores, query, fresh=fresh)
        (hits, rounds), counts, number = await asyncio.gather(
            self._hits(query, scope),
            facets(self._stores.fields, query, scope),
            total(self._stores.fields, query, scope),
        )
        if number is not None and not number.is_exact:
            number = replace(number, number=max(number.number, len(hits)))
        return Found(tuple(hits), scope.collection, rounds, counts, number)

    async def _hits(self, query: SearchQuery, scope: Scope) -> tuple[list[Hit], int]:
        candidates = Candidates(self._stores, scope, query)
        ids, rounds = await self._chosen(query, scope, candidates)
        # A place of one that was removed meanwhile is the next one's.
        while not await candidates.read(ids[: query.products_limit]):
            ids, rounds = await self._chosen(query, scope, candidates)
        if scope.ordering:
            ids = ordered(ids, candidates.facts, scope.ordering)
        hits = await hits_of(self._stores, query, scope, candidates, ids[: query.limit])
        hits = await rescored(self._rescorer, query, scope, hits)
        return await elsewhere(self._stores.vectors, query, scope, hits), rounds

    async def _chosen(
        self, query: SearchQuery, scope: Scope, candidates: Candidates
    ) -> tuple[list[str], int]:
        """Return the ids of the best candidates, and how many rounds it took until they were enough."""
        screen = Screen(self._stores, query.catalog, scope.excluded)
        wanted = query.limit if scope.ordering is None or query.browses else ORDERED_MAX
        looks_deep = 0 < query.words_weight < 1 and not query.hurried
        least = max(wanted, HYBRID_DEPTH_MIN) if looks_deep else wanted
        deepest = least << ORDER_DOUBLINGS
        # The order of so many is hardly ever sure from as many of each kind; orders by ranks depend on how many.
        depth = least * 2 if looks_deep and query.hybrid_fusion is HybridFusion.SCORES else least
        for rounds in itertools.count(1):
            await candidates.look(depth)
            ids = await screen.passing(candidates.order)
            if query.grouped:
                ids = best_of_each(ids, lambda each: candidates.facts(each).group_id)
            is_settled = query.hurried or depth >= deepest
            is_enough = len(ids) >= wanted and (is_settled or candidates.is_settled(ids[wanted - 1]))
            if is_enough or candidates.is_all:
                return ids[:wanted], rounds
            depth *= 2
        raise AssertionError("unreachable")
