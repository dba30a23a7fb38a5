"""Hard exclusions: products that may not be found, whatever else speaks for them."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from services.search.core.checks import check_fits
from services.search.core.filters.model import Field, Filter, Not, OneOf
from services.search.core.model import Collection
from services.search.core.near import Query, compared, keys_of
from services.search.core.ports.vectors import VectorIndex
from services.search.core.query import ExcludedVector, SearchQuery
from services.search.core.similarity import indexed_metric
from services.search.core.stores import Stores
from triptych.vocabulary.choices import SimilarityMetric
from triptych.vocabulary.vectors import Floats

# Up to so many products that have a word of an excluded text are named one by one. Beyond, each candidate is looked at.
NAMED_MAX = 10_000


@dataclass(frozen=True, eq=False)
class Excluded:
    """What is excluded and can be told beforehand.

    Args:
        asked: the products that the query names.
        named: these, and those that have all words of an excluded text.
        groups: the groups of variants.
        texts: those of the texts that too many products have a word of.
        vectors: those near which nothing may be found, each with the collection in which that is looked at.
    """

    asked: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()
    vectors: tuple[tuple[Collection, ExcludedVector], ...] = ()

    @property
    def filter_of_groups(self) -> Filter | None:
        """What holds of products outside of the groups."""
        return _none_of("group_id", self.groups)

    @property
    def filter_of_ids(self) -> Filter | None:
        """What holds of products that are not named."""
        return _none_of("id", self.named)


async def excluded(
    stores: Stores,
    query: SearchQuery,
    among: Filter | None,
    near: Sequence[tuple[Collection, ExcludedVector]],
) -> Excluded:
    """Return what *query* excludes of the products that pass *among*; *near* are its vectors with their collections.

    Raises:
        InvalidArgument: SPACE_MISMATCH, DIMENSION_MISMATCH.
    """
    for position, (collection, each) in enumerate(near):
        check_fits(each.vector, collection.space, f"excluded_vectors[{position}].vector")
    texts = query.excluded_texts
    groups = await _groups_of(stores, query)
    having = await asyncio.gather(*(_having(stores, query.catalog, text, among) for text in texts))
    asked = frozenset([*query.excluded_ids, *query.excluded_variants_of])
    named = asked.union(*(each for each in having if each is not None))
    unnamed = tuple(text for text, each in zip(texts, having, strict=True) if each is None)
    return Excluded(asked, named, groups, unnamed, tuple(near))


class Screen:
    """Sorts out what only looking at a product can tell; each product is looked at once."""

    def __init__(self, stores: Stores, catalog: str, excluded: Excluded) -> None:
        self._stores = stores
        self._catalog = catalog
        self._texts = excluded.texts
        self._vectors = [each for each in excluded.vectors if each[0].name]
        self._passed: dict[str, bool] = {}

    async def passing(self, ids: Iterable[str]) -> list[str]:
        """Return those of *ids* that are not excluded, in their order."""
        ids = list(ids)
        if not self._texts and not self._vectors:
            return ids
        await self._look([each for each in ids if each not in self._passed])
        return [each for each in ids if self._passed[each]]

    async def _look(self, ids: Sequence[str]) -> None:
        if not ids:
            return
        words, vectors = self._stores.words, self._stores.vectors
        found = await asyncio.gather(
            *(words.having(self._catalog, text, ids) for text in self._texts),
            *(_as_near(vectors, collection, each, ids) for collection, each in self._vectors),
        )
        out = set().union(*found)
        self._passed |= {each: each not in out for each in ids}


async def _groups_of(stores: Stores, query: SearchQuery) -> frozenset[str]:
    if not query.excluded_variants_of:
        return frozenset()
    return frozenset((await stores.fields.groups_of(query.catalog, query.excluded_variants_of)).values())


async def _having(stores: Stores, catalog: str, text: str, among: Filter | None) -> set[str] | None:
    """Return the products that have all words of *text*; None where too many have any."""
    matched = await stores.words.match(catalog, text, NAMED_MAX, among)
    if len(matched) >= NAMED_MAX:
        return None
    return await stores.words.having(catalog, text, [each for each, _ in matched])


async def _as_near(
    index: VectorIndex, collection: Collection, excluded: ExcludedVector, ids: Sequence[str]
) -> set[str]:
    """Return those of *ids* whose nearest view has at least the excluded cosine."""
    cosines = await _cosines(index, collection, excluded.vector.values, ids)
    return {each for each, cosine in cosines.items() if cosine >= excluded.similarity}


async def _cosines(
    index: VectorIndex, collection: Collection, vector: Floats, ids: Sequence[str]
) -> dict[str, float]:
    if indexed_metric(collection.space) is SimilarityMetric.COSINE:
        found = await compared(index, collection, Query(vector, SimilarityMetric.COSINE), ids)
        return {each: cosine for each, (cosine, _) in found.items()}
    # The index compares by another metric.
    best: dict[str, float] = {}
    for row in await index.read(collection, keys_of(collection, ids), with_vectors=True, fresh=False):
        if row.values is not None:
            lengths = float(np.linalg.norm(row.values) * np.linalg.norm(vector))
            cosine = float(row.values @ vector) / lengths
            best[row.key.product_id] = max(cosine, best.get(row.key.product_id, -1.0))
    return best


def _none_of(name: str, values: frozenset[str]) -> Filter | None:
    return Not(OneOf(Field(name), tuple(sorted(values)))) if values else None
