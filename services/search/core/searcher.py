"""Finding: the products nearest to a query, each once."""

from collections.abc import Iterable, Sequence

from services.search.core.checks import catalog_not_found, check_fits
from services.search.core.elsewhere import elsewhere
from services.search.core.model import VIEW_KINDS, VIEWS_MAX, Collection, Found, Hit, Neighbour
from services.search.core.ports import VectorIndex
from services.search.core.similarity import as_asked, check_metric
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import Reason, TriptychError
from triptych.vocabulary.vectors import Vector

# Where a product has several rows, this many rows are asked for per product wanted, at first.
ROWS_PER_PRODUCT = 2

# What an answer from memory can be wrong about, when a catalogue was switched to another model or made anew.
_MAYBE_STALE = frozenset({Reason.CATALOG_NOT_FOUND, Reason.SPACE_MISMATCH, Reason.DIMENSION_MISMATCH})


class Searcher:
    """Finds products in *index*."""

    def __init__(self, index: VectorIndex) -> None:
        self._index = index

    async def search(
        self,
        catalog: str,
        kind: SpaceKind,
        query: Vector,
        metric: SimilarityMetric,
        limit: int,
        *,
        with_vectors: bool = False,
        compared: Sequence[SpaceKind] = (),
    ) -> Found:
        """Return the *limit* products of *catalog* whose vectors of *kind* are nearest to *query*, nearest first.

        The query may come from any space of the catalogue's pack. Products equally near are ordered by id. Hits are
        also compared with the query in the spaces *compared*.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
            InvalidArgument: SPACE_MISMATCH, DIMENSION_MISMATCH.
            FailedPrecondition: SIMILARITY_NOT_INDEXED.
        """

        async def found(*, fresh: bool) -> Found:
            collection = await self._collection(catalog, kind, fresh=fresh)
            nearest = await self._search(collection, query, metric, limit, with_vectors=with_vectors)
            others = [await self._collection(catalog, other, fresh=fresh) for other in compared]
            return await elsewhere(self._index, nearest, others, query, metric)

        try:
            return await found(fresh=False)
        except TriptychError as error:
            if error.reason not in _MAYBE_STALE:
                raise
        return await found(fresh=True)

    async def _collection(self, catalog: str, kind: SpaceKind, *, fresh: bool) -> Collection:
        collection = await self._index.collection(catalog, kind, fresh=fresh)
        if collection is not None:
            return collection
        # The catalogue may be there, and none of its products have a vector of this kind: then nothing is found.
        record = await self._index.collection(catalog, SpaceKind.FUSED, fresh=fresh)
        if record is None:
            raise catalog_not_found(catalog)
        return Collection("", catalog, kind, record.space)

    async def _search(
        self,
        collection: Collection,
        query: Vector,
        metric: SimilarityMetric,
        limit: int,
        *,
        with_vectors: bool,
    ) -> Found:
        check_fits(query, collection.space, "query")
        check_metric(collection, metric)
        if not collection.name:
            return Found((), collection, rounds=0)
        neighbours, rounds = await self._best(collection, query, limit, with_vectors=with_vectors)
        similarities = as_asked([each.similarity for each in neighbours], collection, query.values, metric)
        hits = [
            _hit(each, similarity, goodness(similarity, metric), collection.space.id)
            for each, similarity in zip(neighbours, similarities, strict=True)
        ]
        hits.sort(key=lambda hit: (-hit.score, hit.id))
        return Found(tuple(hits[:limit]), collection, rounds)

    async def _best(
        self, collection: Collection, query: Vector, limit: int, *, with_vectors: bool
    ) -> tuple[list[Neighbour], int]:
        """Return the best row of each of at least *limit* products, if there are so many, and the rounds it took."""
        has_views = collection.kind in VIEW_KINDS
        rows_max = min(limit * VIEWS_MAX if has_views else limit, self._index.rows_max)
        rows = min(limit * ROWS_PER_PRODUCT if has_views else limit, rows_max)
        rounds = 0
        while True:
            rounds += 1
            found = await self._index.nearest(collection, query.values, rows, with_vectors=with_vectors)
            best = best_views(found)
            if len(best) >= limit or len(found) < rows or rows == rows_max:
                return best, rounds
            rows = min(rows * ROWS_PER_PRODUCT, rows_max)


def best_views(neighbours: Iterable[Neighbour]) -> list[Neighbour]:
    """Return the first row of each product; of rows equally near, the one of the lowest view."""
    best: dict[str, Neighbour] = {}
    for each in neighbours:
        known = best.setdefault(each.row.key.product_id, each)
        if each.similarity == known.similarity and each.row.key.view < known.row.key.view:
            best[each.row.key.product_id] = each
    return list(best.values())


def goodness(similarity: float, metric: SimilarityMetric) -> float:
    """Return how good a similarity is; larger is better under every metric."""
    return similarity if metric is SimilarityMetric.COSINE else -similarity


def _hit(neighbour: Neighbour, similarity: float, score: float, space: str) -> Hit:
    row = neighbour.row
    vector = None if row.values is None else Vector(row.values, space)
    return Hit(row.key.product_id, row.product, similarity, row.key.view, vector, score=score)
