"""Comparing what was found in one space with the query in others: features for ranking."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from services.search.core.checks import check_fits
from services.search.core.model import VIEW_KINDS, VIEWS_MAX, Collection, Found, Hit, RowKey
from services.search.core.ports import VectorIndex
from services.search.core.similarity import as_asked, check_metric
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.vectors import Vector


async def elsewhere(
    index: VectorIndex,
    found: Found,
    collections: Sequence[Collection],
    query: Vector,
    metric: SimilarityMetric,
) -> Found:
    """Return *found* with the similarity of each hit in *collections*, by its nearest view there.

    A product without a vector in a space has no similarity there.

    Raises:
        InvalidArgument: SPACE_MISMATCH, DIMENSION_MISMATCH; FailedPrecondition: SIMILARITY_NOT_INDEXED.
    """
    if not collections or not found.hits:
        return found
    compared = await asyncio.gather(
        *(_compared(index, found, collection, query, metric) for collection in collections)
    )
    kinds = [collection.kind for collection in collections]
    by_kind = dict(zip(kinds, compared, strict=True))
    hits = (replace(hit, elsewhere=_of(hit.id, by_kind)) for hit in found.hits)
    return replace(found, hits=tuple(hits))


def _of(product_id: str, by_kind: Mapping[SpaceKind, Mapping[str, float]]) -> dict[SpaceKind, float]:
    return {kind: by_id[product_id] for kind, by_id in by_kind.items() if product_id in by_id}


async def _compared(
    index: VectorIndex, found: Found, collection: Collection, query: Vector, metric: SimilarityMetric
) -> Mapping[str, float]:
    if collection.kind is found.collection.kind:
        return {hit.id: hit.similarity for hit in found.hits if hit.similarity is not None}
    if not collection.name:
        return {}
    check_fits(query, collection.space, "query")
    check_metric(collection, metric)
    similarities: dict[RowKey, float] = {}
    keys = _keys(found.hits, collection)
    for at in range(0, len(keys), index.rows_max):
        similarities |= await index.compare(collection, query.values, keys[at : at + index.rows_max])
    asked = as_asked(list(similarities.values()), collection, query.values, metric)
    return _best(zip(similarities, asked, strict=True), metric)


def _keys(hits: Sequence[Hit], collection: Collection) -> list[RowKey]:
    views = VIEWS_MAX if collection.kind in VIEW_KINDS else 1
    return [RowKey(hit.id, view) for hit in hits for view in range(views)]


def _best(similarities: Iterable[tuple[RowKey, float]], metric: SimilarityMetric) -> dict[str, float]:
    """Return the similarity of each product's nearest view."""
    nearest = max if metric is SimilarityMetric.COSINE else min
    best: dict[str, float] = {}
    for key, similarity in similarities:
        best[key.product_id] = nearest(similarity, best.get(key.product_id, similarity))
    return best
