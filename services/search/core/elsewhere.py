"""Comparing what was found in one space with the query in others: features for ranking."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.search.core.checks import check_fits
from services.search.core.model import Collection, Hit
from services.search.core.near import Query, compared
from services.search.core.ports.vectors import VectorIndex
from services.search.core.query import SearchQuery
from services.search.core.scope import Scope
from services.search.core.similarity import check_metric
from triptych.vocabulary.choices import SpaceKind


async def elsewhere(index: VectorIndex, query: SearchQuery, scope: Scope, hits: Sequence[Hit]) -> list[Hit]:
    """Return *hits* with the similarity of each in the other spaces that were asked for, by its nearest view there.

    A product without a vector in a space has no similarity there.

    Raises:
        InvalidArgument: SPACE_MISMATCH, DIMENSION_MISMATCH; FailedPrecondition: SIMILARITY_NOT_INDEXED.
    """
    vector, metric, collections = query.vector, query.metric, scope.compared
    if vector is None or not collections or not hits:
        return list(hits)

    async def similarities(collection: Collection) -> Mapping[str, float]:
        if collection.kind is query.space:
            return {hit.id: hit.similarity for hit in hits if hit.similarity is not None}
        if not collection.name:
            return {}
        check_fits(vector, collection.space, "query")
        check_metric(collection, metric)
        found = await compared(index, collection, Query(vector.values, metric), [hit.id for hit in hits])
        return {each: similarity for each, (similarity, _) in found.items()}

    by_kind = dict(
        zip(
            [collection.kind for collection in collections],
            await asyncio.gather(*(similarities(collection) for collection in collections)),
            strict=True,
        )
    )
    return [replace(hit, elsewhere=_of(hit.id, by_kind)) for hit in hits]


def _of(product_id: str, by_kind: Mapping[SpaceKind, Mapping[str, float]]) -> dict[SpaceKind, float]:
    return {kind: by_id[product_id] for kind, by_id in by_kind.items() if product_id in by_id}
