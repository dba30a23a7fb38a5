"""What the search service needs from outside."""

from collections.abc import Sequence
from typing import Protocol

from services.search.core.model import Collection, Neighbour, Row, RowKey
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.vectors import Floats, Space


class VectorIndex(Protocol):
    """Rows of vectors, kept durably and found by nearness.

    Every method raises Unavailable when the store does not answer, DeadlineExceeded when the time ran out, and
    ResourceExhausted (STORAGE_FULL, OVERLOADED) when the store refuses more; what was asked may then have been done.
    Rows of a collection have vectors of shape (collection.space.dimension,), float32.
    """

    # The most rows that `nearest` returns.
    rows_max: int

    async def collection(self, catalog: str, kind: SpaceKind, *, fresh: bool = False) -> Collection | None:
        """Return the collection that serves the *kind* of the *catalog*; None where there is none.

        An implementation may answer from memory for some seconds unless the answer is to be *fresh*.
        """
        ...

    async def create(self, catalog: str, kind: SpaceKind, space: Space) -> Collection:
        """Make the collection if it is not there, ready to be written and searched, and return what then serves.

        Of two callers at the same time, both get the same collection.
        """
        ...

    async def upsert(self, collection: Collection, rows: Sequence[Row]) -> None:
        """Write *rows*, replacing those of the same keys. Durable when it returns; seen by `read` at once."""
        ...

    async def delete(self, collection: Collection, keys: Sequence[RowKey]) -> None:
        """Remove the rows of *keys*; those that do not exist are passed over. Durable when it returns."""
        ...

    async def read(self, collection: Collection, keys: Sequence[RowKey], *, with_vectors: bool) -> list[Row]:
        """Return the rows of *keys* that exist, in any order. Sees every write that has returned, whoever wrote."""
        ...

    async def existing(self, collection: Collection, keys: Sequence[RowKey]) -> set[RowKey]:
        """Return those of *keys* that exist. Sees every write that has returned, whoever wrote."""
        ...

    async def nearest(
        self, collection: Collection, query: Floats, limit: int, *, with_vectors: bool
    ) -> list[Neighbour]:
        """Return the *limit* rows nearest to *query*, nearest first; fewer only where there are no more.

        Args:
            collection: where to look. May be seen as it was some seconds ago.
            query: shape (dimension,), float32.
            limit: 1 to `rows_max`.
            with_vectors: whether the rows bring their vectors.

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

    async def catalogs(self) -> list[Collection]:
        """Return every collection that serves, in any order."""
        ...

    async def ping(self) -> None:
        """Return when the store answers."""
        ...

    async def warm_up(self) -> None:
        """Return when every collection can be searched; raise Unavailable until then."""
        ...
