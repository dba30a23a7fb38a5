"""Explanations: what is needed for them, asked of the rooms side by side, and put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gateway.core.explain.changes import Change, changed, changes
from gateway.core.explain.coalitions import coalitions
from gateway.core.explain.contributions import VectorShares, contributions, modalities, vector_shares
from gateway.core.explain.likeness import likeness, neutral
from gateway.core.explain.model import Explanation, RegionImportance, WordImportance
from gateway.core.explain.places import Ranks, SearchWithout, counterfactuals, ranks
from gateway.core.explain.question import Question
from gateway.core.model.answer import Result
from gateway.core.model.retrieval import Retrieval
from gateway.core.ports.rooms import Encoder, Fuser, Index
from triptych.vocabulary.concurrency import both, side_by_side
from triptych.vocabulary.vectors import Doubles, Vector

Words = Mapping[int, float]
NO_FALLS = np.empty(0)


@dataclass(frozen=True, eq=False)
class Details:
    """What only a full explanation tells: what can be taken out of the query, and what then is; see `changes`, `places`."""

    changes: Sequence[Change] = ()
    vectors: Sequence[Vector | None] = ()
    ranks: Mapping[int, Ranks] = field(default_factory=dict)


@dataclass(frozen=True)
class Explainer:
    """Explains answers."""

    encoder: Encoder
    fuser: Fuser
    index: Index

    async def explain(
        self, question: Question, results: Sequence[Result], search_without: SearchWithout | None = None
    ) -> tuple[Explanation, ...]:
        """Return why each of *results* stands where it does; in full where *search_without* is given.

        Raises:
            Unavailable, DeadlineExceeded: a room does not answer, or not in time.
        """
        if not results:
            return ()
        ids = tuple(result.hit.id for result in results)
        (products, vectors), (words, details) = await both(
            both(
                self._products(question, ids),
                coalitions(self.fuser, question.fusion, question.parts, question.players),
            ),
            both(
                self._words(question, ids),
                self._details(question, search_without) if search_without else nothing(),
            ),
        )
        compared = list(products)
        rows = np.array([*products.values()]).reshape(len(compared), len(question.vector.values))
        shares = dict(zip(compared, vector_shares(question, [*vectors, question.vector], rows), strict=True))
        falls = dict(zip(compared, importances(question, details.vectors, rows), strict=True))
        return tuple(
            explanation(
                question,
                result,
                shares.get(result.hit.id),
                words.get(result.hit.id, {}),
                details,
                falls.get(result.hit.id, NO_FALLS),
            )
            for result in results
        )

    async def _products(self, question: Question, ids: Sequence[str]) -> Mapping[str, Doubles]:
        """Return the vectors by which the products are compared; of several views, the one that is nearest."""
        asked = question.retrieval
        found = await self.index.search(
            Retrieval(
                asked.catalog,
                question.vector,
                asked.space,
                asked.metric,
                len(ids),
                with_vectors=True,
                only_ids=tuple(ids),
            )
        )
        return {
            hit.id: hit.vector.values.astype(np.float64)
            for hit in found.hits
            if hit.vector is not None and hit.similarity is not None
        }

    async def _words(self, question: Question, ids: Sequence[str]) -> Mapping[str, Words]:
        """Return how much of the words of each part each product has: their BM25 by the part's weight.

        One part has all of it, whatever that is. Where no words count, nothing is to be shared.
        """
        if not question.texts or not question.retrieval.lexical_weight:
            return {}
        weights = {place: weight for place, (_, weight) in question.texts.items()}
        if len(weights) == 1:
            return dict.fromkeys(ids, weights)
        found = await side_by_side([self._bm25(question, text, ids) for text, _ in question.texts.values()])
        by_part = dict(zip(weights, found, strict=True))
        return {name: shared_by(weights, {p: by_part[p].get(name, 0.0) for p in weights}) for name in ids}

    async def _bm25(self, question: Question, text: str, ids: Sequence[str]) -> Mapping[str, float]:
        asked = question.retrieval
        found = await self.index.search(
            Retrieval(
                asked.catalog,
                None,
                asked.space,
                asked.metric,
                len(ids),
                texts=((text, 1.0),),
                lexical_weight=1.0,
                only_ids=tuple(ids),
            )
        )
        return {hit.id: hit.lexical or 0.0 for hit in found.hits}

    async def _details(self, question: Question, search_without: SearchWithout) -> Details:
        wanted = changes(question)
        vectors, found = await both(
            changed(self.encoder, self.fuser, question, wanted), ranks(search_without, question)
        )
        return Details(wanted, vectors, found)


async def nothing() -> Details:
    """Return no details."""
    return Details()


def shared_by(weights: Words, bm25: Words) -> Words:
    """Return what counts of each part's words; where a product has none of them, the weights alone."""
    shares = {place: weight * bm25[place] for place, weight in weights.items()}
    return shares if any(shares.values()) else weights


def importances(question: Question, vectors: Sequence[Vector | None], products: Doubles) -> Doubles:
    """Return by how much each of *products* is less like each of *vectors* than like the query: (products, vectors)."""
    metric = question.retrieval.metric
    nobody = neutral(question.vector.values, products, metric)
    before, *after = likeness([question.vector, *vectors], products, metric, nobody)
    return np.array([before - each for each in after]).reshape(len(vectors), len(products)).T


def explanation(
    question: Question,
    result: Result,
    shares: VectorShares | None,
    words: Words,
    details: Details,
    falls: Doubles,
) -> Explanation:
    """Return why *result* stands where it does; *falls* are the importances of the changes, none where it has no vector."""
    items = contributions(question, result, shares, words)
    known = list(zip(details.changes, falls.tolist(), strict=False))
    regions = [RegionImportance(each.part, each.region, fall) for each, fall in known if each.region]
    return Explanation(
        items,
        modalities(question, items),
        counterfactuals(details.ranks, result.hit, grouped=question.retrieval.grouped),
        tuple(WordImportance(each.part, each.word, fall) for each, fall in known if each.word),
        tuple(sorted(regions, key=lambda region: -region.importance)),
    )
