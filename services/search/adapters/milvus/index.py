"""The `VectorIndex` port in Milvus."""

import math
from collections.abc import Sequence

from pymilvus.grpc_gen.milvus_pb2 import DeleteRequest, GetVersionRequest, UpsertRequest

from services.search.adapters.milvus.collections import MilvusCollections
from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.directory import Directory
from services.search.adapters.milvus.errors import map_milvus_errors
from services.search.adapters.milvus.expressions import expression_of
from services.search.adapters.milvus.reading import MilvusReader
from services.search.adapters.milvus.requests import LEVELS, Consistency, search_request
from services.search.adapters.milvus.rows import batches, columns_of, expression, keys_of, rows_of
from services.search.adapters.milvus.schema import HISTORY, PRODUCT, PRODUCT_ID, VECTOR, VIEW
from services.search.core.filters.model import Filter
from services.search.core.model import Collection, Neighbour, Row, RowKey
from services.search.core.sampling import drawn, vectors_of
from services.search.core.similarity import indexed_metric, order_of, similarities
from triptych.vocabulary import choices
from triptych.vocabulary.choices import SimilarityMetric
from triptych.vocabulary.vectors import Floats, Space

# Among how many rows a sample is drawn: 20 pages of keys.
SAMPLED_KEYS_MAX = 20 * 16_384

# Where no more rows than this pass a filter, all are fetched and compared here.
FEW_ROWS = 2_000


class MilvusIndex(MilvusCollections):
    """Implements `VectorIndex`.

    Args:
        connection: to Milvus.
        directory: of its collections.
        search_ef: how many candidates HNSW keeps while it searches; more finds more, and takes longer.
        consistency: how fresh a search must be.
    """

    # The most that Milvus takes as topk.
    rows_max = 16_384

    def __init__(
        self, connection: MilvusConnection, directory: Directory, *, search_ef: int, consistency: Consistency
    ) -> None:
        super().__init__(directory)
        self._connection = connection
        self._reader = MilvusReader(connection, consistency=consistency)
        self._search_ef = search_ef
        self._consistency = consistency

    def seeing(self, consistency: choices.Consistency) -> "MilvusIndex":
        """Return the same index at another level."""
        return MilvusIndex(
            self._connection, self._directory, search_ef=self._search_ef, consistency=LEVELS[consistency]
        )

    def hurried(self) -> "MilvusIndex":
        """Return the same index with the least that HNSW can keep: as many candidates as rows are asked for."""
        return MilvusIndex(self._connection, self._directory, search_ef=1, consistency=self._consistency)

    async def upsert(self, collection: Collection, rows: Sequence[Row]) -> None:
        """Write *rows*; Milvus answers when they stand in its log."""
        for batch in batches(rows):
            request = UpsertRequest(
                collection_name=collection.name, num_rows=len(batch), fields_data=columns_of(batch)
            )
            await self._reader.call(collection, "Upsert", request)

    async def delete(self, collection: Collection, keys: Sequence[RowKey]) -> None:
        """Remove the rows of *keys*; Milvus answers when that stands in its log."""
        if keys:
            request = DeleteRequest(collection_name=collection.name, expr=expression(keys))
            await self._reader.call(collection, "Delete", request)

    async def read(
        self, collection: Collection, keys: Sequence[RowKey], *, with_vectors: bool, fresh: bool = True
    ) -> list[Row]:
        """Return the rows of *keys* that exist."""
        fields = [*_fields(with_vectors=with_vectors), *([HISTORY] if fresh else [])]
        return rows_of(await self._reader.columns(collection, keys, fields, fresh=fresh))

    async def existing(self, collection: Collection, keys: Sequence[RowKey]) -> set[RowKey]:
        """Return those of *keys* that exist."""
        return set(keys_of(await self._reader.columns(collection, keys, [PRODUCT_ID, VIEW])))

    async def keys_after(
        self, collection: Collection, key: RowKey | None, limit: int, *, among: Filter | None = None
    ) -> list[RowKey]:
        """Return the next keys in the order of primary keys."""
        return await self._reader.keys_after(collection, key, limit, fresh=True, among=among)

    async def count(self, collection: Collection) -> int:
        """Ask Milvus for a count."""
        return await self._reader.count(collection, "", fresh=True)

    async def nearest(
        self,
        collection: Collection,
        query: Floats,
        limit: int,
        *,
        with_vectors: bool,
        among: Filter | None = None,
        with_products: bool = True,
    ) -> list[Neighbour]:
        """Return the *limit* nearest rows: as far as HNSW finds them, and all of them where few pass."""
        condition = "" if among is None else expression_of(among)
        if among is not None and not self._connection.is_exhaustive:
            passing = await self._reader.count(collection, condition, fresh=False)
            if passing <= FEW_ROWS and (
                found := await self._nearest_of_few(
                    collection,
                    query,
                    limit,
                    condition,
                    with_vectors=with_vectors,
                    with_products=with_products,
                )
            ):
                return found
        fields = _fields(with_vectors=with_vectors, with_products=with_products)
        return await self._search(collection, query, limit, condition, fields)

    async def compare(
        self, collection: Collection, query: Floats, keys: Sequence[RowKey]
    ) -> dict[RowKey, float]:
        """Compare the rows of *keys* that exist: a search among so few can miss most of them, see README.md."""
        if not keys:
            return {}
        found, vectors = await self._reader.vectors(collection, expression(keys))
        if not found:
            return {}
        near = similarities(vectors, query, collection.space)
        return {key: float(value) for key, value in zip(found, near, strict=True)}

    async def sample(self, collection: Collection, limit: int) -> Floats:
        """Return the vectors of some rows, drawn among the first `SAMPLED_KEYS_MAX`: Milvus draws none itself."""
        keys: list[RowKey] = []
        page: list[RowKey] = []
        while len(keys) < SAMPLED_KEYS_MAX and (not keys or len(page) == self.rows_max):
            page = await self._reader.keys_after(
                collection, keys[-1] if keys else None, self.rows_max, fresh=False
            )
            keys += page
        rows = await self.read(collection, drawn(keys, limit), with_vectors=True, fresh=False)
        return vectors_of(rows, collection.space)

    async def ping(self) -> None:
        """Return when Milvus answers."""
        with map_milvus_errors():
            await self._connection.call("GetVersion", GetVersionRequest())

    async def warm_up(self) -> None:
        """Return when all collections are loaded and can be read; start loading those that are not."""
        with map_milvus_errors():
            collections = await self._directory.warm_up()
        for collection in collections:
            # After a restart Milvus calls a collection loaded some seconds before it answers a strong read.
            await self.existing(collection, [RowKey("", 0)])

    async def _search(
        self, collection: Collection, query: Floats, limit: int, condition: str, fields: Sequence[str]
    ) -> list[Neighbour]:
        ef = self._search_ef
        request = search_request(
            collection, query, limit, fields, self._consistency, condition=condition, ef=ef
        )
        results = (await self._reader.call(collection, "Search", request)).results
        near = _from_scores(results.scores, collection.space)
        return [Neighbour(*each) for each in zip(rows_of(results.fields_data), near, strict=True)]

    async def _nearest_of_few(
        self,
        collection: Collection,
        query: Floats,
        limit: int,
        condition: str,
        *,
        with_vectors: bool,
        with_products: bool,
    ) -> list[Neighbour]:
        keys, vectors = await self._reader.vectors(collection, condition)
        if not keys:
            # Seen to happen for a moment while Milvus exchanges one of its segments for another.
            return []
        near = similarities(vectors, query, collection.space)
        places = order_of(near, collection.space)[:limit]
        if not with_products:
            return [
                Neighbour(Row(keys[at], b"", vectors[at] if with_vectors else None), float(near[at]))
                for at in places
            ]
        best = {keys[place]: float(near[place]) for place in places}
        rows = await self.read(collection, list(best), with_vectors=with_vectors, fresh=False)
        by_key = {row.key: row for row in rows}
        # What was removed in between is not there any more.
        return [Neighbour(by_key[key], value) for key, value in best.items() if key in by_key]


def _fields(*, with_vectors: bool, with_products: bool = True) -> list[str]:
    products, vectors = [PRODUCT] if with_products else [], [VECTOR] if with_vectors else []
    return [PRODUCT_ID, VIEW, *products, *vectors]


def _from_scores(scores: Sequence[float], space: Space) -> list[float]:
    if indexed_metric(space) is SimilarityMetric.COSINE:
        return list(scores)
    # Milvus gives squared distances, and rounding can take that of two like vectors below 0.
    return [math.sqrt(max(0.0, score)) for score in scores]
