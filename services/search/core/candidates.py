"""The products that a search looks at, with all that is known of them."""

import asyncio
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from services.search.core.filters.evaluate import evaluate
from services.search.core.hybrid import Known, Mixture, Score, neutral, scores
from services.search.core.late import products, reads_late, records
from services.search.core.model import Facts, Row, RowKey
from services.search.core.near import Near, Query, compared, nearest
from services.search.core.query import SearchQuery
from services.search.core.scope import Scope
from services.search.core.stores import Stores
from services.search.core.words import Matched, Words
from triptych.vocabulary.choices import HybridFusion, SpaceKind

_NOTHING_NEAR = Near({}, {}, is_all=True, unseen=-math.inf)
_NOTHING_MATCHED = Matched({}, is_all=True, unseen=0.0)


class Candidates:
    """Products that may be found, as far as it can be told beforehand; more of them with each `look`.

    Attributes:
        rows: by id, the nearest row; for a product that was not found by nearness its record, without a vector. Without
            their products where these are read late.
        known: how near they are, and what of the words they have.
        order: their ids, best first.
        scores: by id.
        exact: those of which a text is the id or an article number.
        is_all: whether there are no others.
        unseen: the best score that another can have.
    """

    def __init__(self, stores: Stores, scope: Scope, query: SearchQuery) -> None:
        self._stores = stores
        self._scope = scope
        self._query = query
        values = None if query.vector is None else query.vector.values
        self._compared = None if values is None else Query(values, query.metric)
        self._words = Words(stores.words, query.catalog, query.texts) if query.texts else None
        at_right_angles = neutral(values, scope.collection.space, query.metric)
        self._mixture = Mixture(query.metric, query.words_weight, at_right_angles)
        self._facts: dict[str, Facts] = {}
        self._weighed: set[str] = set()
        self._is_late = reads_late(query, scope)
        self._gone: set[str] = set()
        self._named: set[str] | None = None
        self.rows: dict[str, Row] = {}
        self.known = Known({}, {})
        self.order: list[str] = []
        self.scores: dict[str, Score] = {}
        self.exact: set[str] = set()
        self.is_all = False
        self.unseen = -math.inf

    def facts(self, product_id: str) -> Facts:
        """Return what of a candidate can be filtered and ordered by."""
        if product_id not in self._facts:
            self._facts[product_id] = self._stores.facts_of(self.rows[product_id].product)
        return self._facts[product_id]

    def is_settled(self, product_id: str) -> bool:
        """Return whether nothing that was not looked at can stand before this candidate."""
        return product_id in self.exact or self.scores[product_id].total >= self.unseen

    async def read(self, ids: Sequence[str]) -> bool:
        """Read the products of candidates that are shown; return whether all are there. Those that are gone are dropped."""
        missing = [each for each in ids if not self.rows[each].product] if self._is_late else []
        if not missing:
            return True
        found = await products(self._stores.vectors, self._scope.record, missing)
        for each in missing:
            self.rows[each] = replace(self.rows[each], product=found.get(each, b""))
        gone = [each for each in missing if each not in found]
        self._gone.update(gone)
        for each in gone:
            del self.rows[each]
        return not gone

    async def look(self, depth: int) -> None:
        """Look for the *depth* best in each way that the query names."""
        if self._query.only_ids:
            await self._look_at(self._query.only_ids)
        elif self._query.browses:
            await self._browse(depth)
        else:
            await self._seek(depth)

    async def _look_at(self, ids: Sequence[str]) -> None:
        """Look at *ids* alone."""
        await asyncio.gather(self._add(ids), self._find_named())
        # Who names a product has seen it: one that a quick read misses is looked for as of now.
        await self._add(ids, fresh=True)
        among = self._scope.among
        if among is not None:
            self.rows = {
                each: row for each, row in self.rows.items() if evaluate(among, each, self.facts(each))
            }
        await self._weigh(_NOTHING_MATCHED, self.rows)
        self.is_all = True
        self._rank()

    async def _browse(self, depth: int) -> None:
        """Look at the first by a field."""
        ordering = self._scope.ordering
        if ordering is None:
            raise TypeError("there is neither something to compare with nor an order")
        ids = await self._stores.fields.ordered(
            self._query.catalog, ordering.field, depth, self._scope.among, descending=ordering.descending
        )
        await self._add(ids)
        self.is_all = len(ids) < depth
        self.order = [each for each in ids if each in self.rows]
        self.scores = dict.fromkeys(self.order, Score(0.0, 0.0))

    async def _seek(self, depth: int) -> None:
        """Look at the nearest, at those that have most of the words, and at those that are named."""
        near, matched, named = await asyncio.gather(
            self._near(depth), self._matched(depth), self._find_named()
        )
        for each, row in near.rows.items():
            if each not in self._scope.excluded.named and each not in self._gone:
                self.rows.setdefault(each, row)
                self.known.similarities[each] = near.similarities[each]
        ids = [*self.rows, *named, *matched.scores]
        await asyncio.gather(self._add(ids), self._weigh(matched, ids))
        self.is_all = near.is_all and matched.is_all
        self.unseen = self._best_unseen(near, matched)
        self._rank()

    async def _near(self, depth: int) -> Near:
        collection = self._scope.collection
        if self._compared is None or self._mixture.weight == 1 or not collection.name:
            return _NOTHING_NEAR
        return await nearest(
            self._stores.vectors,
            collection,
            self._compared,
            depth + len(self._scope.excluded.asked),
            with_vectors=self._query.needs_vectors,
            with_products=not self._is_late,
            among=self._scope.among_vectors,
        )

    async def _matched(self, depth: int) -> Matched:
        if self._words is None or self._mixture.weight == 0:
            return _NOTHING_MATCHED
        return await self._words.matched(depth, self._scope.among)

    async def _find_named(self) -> set[str]:
        """Return the products of which a text is the id or an article number."""
        if self._named is None:
            self._named = await self._words.exact(self._scope.among) if self._words else set()
        return self._named

    async def _add(self, ids: Iterable[str], *, fresh: bool = False) -> None:
        """Look up those of *ids* that are not known yet; those without a record are gone."""
        new = [each for each in dict.fromkeys(ids) if each not in self.rows and each not in self._gone]
        if not new:
            return
        if self._is_late:
            # Every record has a vector here: those that have none are gone.
            for each, (near, view) in (await self._compare(new)).items():
                self.rows[each] = Row(RowKey(each, view), b"", None)
                self.known.similarities[each] = near
            return
        rows, similarities = await asyncio.gather(self._records(new, fresh=fresh), self._compare(new))
        for row in rows:
            similarity, view = similarities.get(row.key.product_id, (None, 0))
            self.rows[row.key.product_id] = replace(row, key=RowKey(row.key.product_id, view))
            if similarity is not None:
                self.known.similarities[row.key.product_id] = similarity

    async def _records(self, ids: Sequence[str], *, fresh: bool) -> list[Row]:
        return await records(self._stores.vectors, self._scope.record, ids, fresh=fresh)

    async def _compare(self, ids: Sequence[str]) -> dict[str, tuple[float, int]]:
        if self._compared is None:
            return {}
        return await compared(self._stores.vectors, self._scope.collection, self._compared, ids)

    async def _weigh(self, matched: Matched, ids: Collection[str]) -> None:
        """Find what *ids* have of the words, and what the best of all has."""
        if self._words is None or self._mixture.weight == 0:
            return
        self.known.lexical.update(matched.scores)
        missing = [each for each in ids if each not in self._weighed and each not in matched.scores]
        self.known.lexical.update(await self._words.scores(list(dict.fromkeys(missing))))
        self._weighed.update(ids)
        if self.known.lexical_best is None:
            self.known = replace(self.known, lexical_best=await self._best_of_words(matched))

    async def _best_of_words(self, matched: Matched) -> float:
        # Of all that pass the filter, whatever is excluded: pages that exclude what was shown keep their scores.
        if self._words is None:
            return 0.0
        if self._scope.among == self._scope.filter and matched.scores and matched.best >= matched.unseen:
            return matched.best
        return await self._words.best(self._scope.filter)

    def _best_unseen(self, near: Near, matched: Matched) -> float:
        if self.is_all or self._query.hybrid_fusion is HybridFusion.RANKS:
            return -math.inf
        goodness = -math.inf if near.is_all else near.unseen
        if self._scope.collection.kind is not SpaceKind.FUSED and not matched.is_all:
            # What is left may have no vector at all.
            goodness = max(goodness, self._mixture.neutral)
        return self._mixture.unseen(goodness, matched.unseen / (self.known.lexical_best or 1.0))

    def _rank(self) -> None:
        """Put the candidates in order: those that are named first, then by score, equals by id."""
        self.exact = (self._named or set()) & self.rows.keys()
        self.scores = scores(self.rows, self.known, self._mixture, self._query.hybrid_fusion)
        self.order = sorted(
            self.rows, key=lambda each: (each not in self.exact, -self.scores[each].total, each)
        )
