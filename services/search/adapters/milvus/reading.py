"""Rows of a collection, asked for by their keys and by conditions."""

from collections.abc import Sequence
from typing import Any

from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.errors import (
    COLLECTION_NOT_FOUND,
    COLLECTION_NOT_LOADED,
    MilvusRefusal,
    map_milvus_errors,
)
from services.search.adapters.milvus.expressions import expression_of
from services.search.adapters.milvus.loading import Loader
from services.search.adapters.milvus.requests import Consistency, query_request
from services.search.adapters.milvus.rows import expression, keys_of, primary_key, vectors_of
from services.search.adapters.milvus.schema import KEY, PRODUCT_ID, VECTOR, VIEW
from services.search.core.checks import catalog_not_found
from services.search.core.filters.model import Filter
from services.search.core.model import Collection, RowKey
from triptych.vocabulary.vectors import Floats


class MilvusReader:
    """Asks Milvus for rows, and for all else that it can be asked about one collection.

    Args:
        connection: to Milvus.
        consistency: how fresh an answer must be that is not asked for *fresh*.
    """

    def __init__(self, connection: MilvusConnection, *, consistency: Consistency) -> None:
        self._connection = connection
        self._loader = Loader(connection)
        self._consistency = consistency

    async def columns(
        self, collection: Collection, keys: Sequence[RowKey], fields: Sequence[str], *, fresh: bool = True
    ) -> Any:
        """Return the columns *fields* of the rows of *keys* that exist."""
        if not keys:
            return []
        return await self._query(collection, expression(keys), fields, fresh=fresh)

    async def vectors(self, collection: Collection, condition: str) -> tuple[list[RowKey], Floats]:
        """Return the keys and the vectors of all rows that pass *condition*."""
        return vectors_of(await self._query(collection, condition, [PRODUCT_ID, VIEW, VECTOR], fresh=False))

    async def count(self, collection: Collection, condition: str, *, fresh: bool) -> int:
        """Return how many rows pass *condition*; "" is for all."""
        (column,) = await self._query(collection, condition, ["count(*)"], fresh=fresh)
        return int(column.scalars.long_data.data[0])

    async def keys_after(
        self,
        collection: Collection,
        key: RowKey | None,
        limit: int,
        *,
        fresh: bool,
        among: Filter | None = None,
    ) -> list[RowKey]:
        """Return the next keys in the order of primary keys."""
        after = f'{KEY} > "{primary_key(key) if key else ""}"'
        columns = await self._query(
            collection,
            after if among is None else f"({after}) and {expression_of(among)}",
            [PRODUCT_ID, VIEW],
            fresh=fresh,
            limit=limit,
            # Without the one, a segment of a server may stop at keys of its own, and some in between would be passed
            # over; without the other, Milvus Lite keeps no order.
            reduce_stop_for_best=True,
            iterator=True,
        )
        return keys_of(columns)

    async def call(self, collection: Collection, method: str, request: Any) -> Any:
        """Call Milvus about *collection*.

        Raises:
            NotFound: it is gone (CATALOG_NOT_FOUND).
            TriptychError: as of `map_milvus_errors`.
        """
        with map_milvus_errors():
            try:
                return await self._connection.call(method, request)
            except MilvusRefusal as refusal:
                if refusal.code == COLLECTION_NOT_FOUND:
                    raise catalog_not_found(collection.catalog) from refusal
                if refusal.code == COLLECTION_NOT_LOADED:
                    # Somebody released it, or Milvus lost it on a restart: for the next caller it is there again.
                    await self._loader.start(collection.name)
                raise

    async def _query(
        self,
        collection: Collection,
        condition: str,
        fields: Sequence[str],
        *,
        fresh: bool,
        **parameters: object,
    ) -> Any:
        level = "strong" if fresh else self._consistency
        request = query_request(collection, condition, fields, level, **parameters)
        return (await self.call(collection, "Query", request)).fields_data
