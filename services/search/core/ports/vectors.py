"""Rows of vectors."""

from collections.abc import Sequence
from typing import Protocol

from services.search.core.filters.model import Filter
from services.search.core.model import Collection, Neighbour, Row, RowKey
from services.search.core.ports.collections import CollectionStore
from triptych.vocabulary.choices import Consistency
from triptych.vocabulary.vectors import Floats


class VectorIndex(CollectionStore, Protocol):
    """Rows of vectors in their collections, kept durably and found by nearness.

    Every method raises Unavailable when the store does not answer, DeadlineExceeded when the time ran out, and
    ResourceExhausted (STORAGE_FULL, OVERLOADED) when the store refuses more; what was asked may then have been done.
    Rows of a collection have vectors of shape (collection.space.dimension,), float32.
    """

    # The most rows that `nearest` returns.
    rows_max: int

    def seeing(self, consistency: Consistency) -> "VectorIndex":
        """Return the same index, whose searches see what was written as *consistency* says."""
        ...

    def hurried(self) -> "VectorIndex":
        """Return the same index, whose searches look at as few candidates as can be."""
        ...

    async def upsert(self, collection: Collection, rows: Sequence[Row]) -> None:
        """Write *rows*, replacing those of the same keys. Durable when it returns; seen by `read` at once."""
        ...

    async def delete(self, collection: Collection, keys: Sequence[RowKey]) -> None:
        """Remove the rows of *keys*; those that do not exist are passed over. Durable when it returns."""
        ...

    async def read(
        self, collection: Collection, keys: Sequence[RowKey], *, with_vectors: bool, fresh: bool = True
    ) -> list[Row]:
        """Return the rows of *keys* that exist, in any order. Sees every write that has returned, whoever wrote.

        Not so unless *fresh*: then they may be seen as they were some seconds ago, without their histories, which is
        quicker.
        """
        ...

    async def existing(self, collection: Collection, keys: Sequence[RowKey]) -> set[RowKey]:
        """Return those of *keys* that exist. Sees every write that has returned, whoever wrote."""
        ...

    async def keys_after(
        self, collection: Collection, key: RowKey | None, limit: int, *, among: Filter | None = None
    ) -> list[RowKey]:
        """Return the next keys after *key*, None for the first, in an order of the store's own; fewer only at the end.

        Args:
            collection: where to look. Every write that has returned is seen, whoever wrote.
            key: the last of those that are known; it need not be there any more.
            limit: 1 to `rows_max`.
            among: only rows of products that pass it, in the sense of `evaluate`.
        """
        ...

    async def count(self, collection: Collection) -> int:
        """Return how many rows there are. Sees every write that has returned, whoever wrote."""
        ...

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
        """Return the *limit* rows nearest to *query*, nearest first; fewer only where there are no more.

        Args:
            collection: where to look. May be seen as it was some seconds ago.
            query: shape (dimension,), float32.
            limit: 1 to `rows_max`.
            with_vectors: whether the rows bring their vectors.
            among: only rows of products that pass it, in the sense of `evaluate`.
            with_products: whether the rows bring their products; else these are empty.

        Returns:
            Neighbours whose similarity is the collection's `indexed_metric`: the cosine (larger is nearer) or the
            Euclidean distance, not squared (smaller is nearer).

        Raises:
            NotFound: the collection is gone (CATALOG_NOT_FOUND).
        """
        ...

    async def compare(
        self, collection: Collection, query: Floats, keys: Sequence[RowKey]
    ) -> dict[RowKey, float]:
        """Return how near to *query* each of the rows of *keys* is; rows that do not exist are left out.

        Args:
            collection: where the rows are. May be seen as it was some seconds ago.
            query: shape (dimension,), float32.
            keys: at most `rows_max`, distinct.

        Returns:
            Similarities by the collection's `indexed_metric`, as in `nearest`.

        Raises:
            NotFound: the collection is gone (CATALOG_NOT_FOUND).
        """
        ...

    async def sample(self, collection: Collection, limit: int) -> Floats:
        """Return the vectors of about *limit* rows drawn at random, shape (rows, dimension), float32; all if there are fewer.

        The same rows are drawn again as long as the collection stays as it is. May be seen as it was some seconds ago.

        Raises:
            NotFound: the collection is gone (CATALOG_NOT_FOUND).
        """
        ...

    async def ping(self) -> None:
        """Return when the store answers."""
        ...

    async def warm_up(self) -> None:
        """Return when every collection can be searched; raise Unavailable until then."""
        ...
