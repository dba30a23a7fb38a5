"""Nearness: the products nearest to a query, and how near given ones are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.search.core.filters.model import Filter
from services.search.core.model import VIEW_KINDS, VIEWS_MAX, Collection, Neighbour, Row, RowKey
from services.search.core.ports.vectors import VectorIndex
from services.search.core.similarity import as_asked, goodness
from triptych.vocabulary.choices import SimilarityMetric
from triptych.vocabulary.vectors import Floats

# Where a product has several rows, this many rows are asked for per product wanted, at first.
ROWS_PER_PRODUCT = 2


@dataclass(frozen=True, eq=False)
class Query:
    """What rows are compared with: numbers of shape (dimension,), float32, and by which metric."""

    values: Floats
    metric: SimilarityMetric


@dataclass(frozen=True, eq=False)
class Near:
    """The nearest products.

    Args:
        rows: the nearest row of each, by its id, nearest first.
        similarities: how near each is, by the metric asked for.
        is_all: whether the index gives no more.
        unseen: how good the best of the others can be.
    """

    rows: Mapping[str, Row]
    similarities: Mapping[str, float]
    is_all: bool
    unseen: float


async def nearest(
    index: VectorIndex,
    collection: Collection,
    query: Query,
    products: int,
    *,
    with_vectors: bool,
    among: Filter | None,
    with_products: bool = True,
) -> Near:
    """Return about the *products* of *collection* that pass *among* and are nearest to *query*."""
    wanted = products * ROWS_PER_PRODUCT if collection.kind in VIEW_KINDS else products
    limit = min(wanted, index.rows_max)
    found = await index.nearest(
        collection,
        query.values,
        limit,
        with_vectors=with_vectors,
        among=among,
        with_products=with_products,
    )
    best = best_views(found)
    similarities = as_asked([each.similarity for each in best], collection, query.values, query.metric)
    ids = [each.row.key.product_id for each in best]
    return Near(
        dict(zip(ids, (each.row for each in best), strict=True)),
        dict(zip(ids, similarities, strict=True)),
        is_all=len(found) < limit or limit == index.rows_max,
        # The rows that follow are as near as the nearest row of the last product at most.
        unseen=goodness(similarities[-1], query.metric) if similarities else 0.0,
    )


async def compared(
    index: VectorIndex, collection: Collection, query: Query, ids: Sequence[str]
) -> dict[str, tuple[float, int]]:
    """Return how near those of *ids* are that have a vector in *collection*, by the nearest view, and which view it is."""
    if not collection.name:
        return {}
    similarities: dict[RowKey, float] = {}
    keys = keys_of(collection, ids)
    for at in range(0, len(keys), index.rows_max):
        similarities |= await index.compare(collection, query.values, keys[at : at + index.rows_max])
    asked = as_asked(list(similarities.values()), collection, query.values, query.metric)
    best: dict[str, tuple[float, int]] = {}
    for key, similarity in sorted(zip(similarities, asked, strict=True)):
        known = best.get(key.product_id)
        if known is None or goodness(similarity, query.metric) > goodness(known[0], query.metric):
            best[key.product_id] = similarity, key.view
    return best


def keys_of(collection: Collection, ids: Iterable[str]) -> list[RowKey]:
    """Return the keys of every row that products can have in *collection*."""
    views = VIEWS_MAX if collection.kind in VIEW_KINDS else 1
    return [RowKey(each, view) for each in ids for view in range(views)]


def best_views(neighbours: Iterable[Neighbour]) -> list[Neighbour]:
    """Return the first row of each product; of rows equally near, the one of the lowest view."""
    best: dict[str, Neighbour] = {}
    for each in neighbours:
        known = best.setdefault(each.row.key.product_id, each)
        if each.similarity == known.similarity and each.row.key.view < known.row.key.view:
            best[each.row.key.product_id] = each
    return list(best.values())
