"""What the search service needs from outside."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from services.search.core.filters.model import Field, Filter
from services.search.core.model import (
    Attributes,
    Collection,
    Count,
    Facts,
    Neighbour,
    Row,
    RowKey,
    ValueCounts,
)
from triptych.vocabulary.choices import Consistency, SpaceKind
from triptych.vocabulary.vectors import Floats, Space


class VectorIndex(Protocol):
    """Rows of vectors, kept durably and found by nearness.

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

    async def collection(
        self, catalog: str, kind: SpaceKind, *, generation: str = "", fresh: bool = False
    ) -> Collection | None:
        """Return the collection of the *kind* of the *catalog*; None where there is none.

        Args:
            catalog: the catalogue.
            kind: which of its vectors.
            generation: which of its generations; empty for the one that serves.
            fresh: an implementation may answer from memory for some seconds unless the answer is to be fresh.
        """
        ...

    async def create(self, catalog: str, kind: SpaceKind, space: Space) -> Collection:
        """Make the collection if it is not there, ready to be written and searched; of the generation of *space*'s pack.

        The first FUSED collection of a catalogue lets its generation serve. Of two callers at the same time, both get the
        same collection, and one generation serves.
        """
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

    async def add_attributes(self, collection: Collection, attributes: Attributes) -> None:
        """Keep with *collection* that its products have *attributes*, beside those that it has already. Durable.

        Of two callers at the same time, neither takes away what the other adds.
        """
        ...

    async def set_calibration(self, collection: Collection, calibration: str) -> None:
        """Keep *calibration* with *collection* in place of the one that it has; empty for none. Durable."""
        ...

    async def set_other(self, collection: Collection, generation: str) -> None:
        """Keep with *collection* that *generation* is kept up beside it; empty for none. Durable."""
        ...

    async def set_upgrade(self, collection: Collection, record: str) -> None:
        """Keep *record* with *collection*, as what is noted of its upgrade; empty for nothing. Durable."""
        ...

    async def switch(self, collection: Collection) -> None:
        """Let the generation of the FUSED *collection* serve its catalogue, all kinds at once. Durable."""
        ...

    async def drop_generation(self, catalog: str, generation: str) -> None:
        """Remove the collections of a *generation* that does not serve, as far as they are there."""
        ...

    async def catalogs(self) -> list[Collection]:
        """Return every collection that serves, in any order."""
        ...

    async def unreadable(self) -> list[str]:
        """Return the names of catalogues of which something is there that cannot be read, in order.

        They were stored by another version of this service, or removed half-way.
        """
        ...

    async def drop(self, catalog: str) -> bool:
        """Remove all collections of the *catalog*; return whether there were any.

        The record goes last: until then there is such a catalogue, and doing it again completes what broke off.
        """
        ...

    async def ping(self) -> None:
        """Return when the store answers."""
        ...

    async def warm_up(self) -> None:
        """Return when every collection can be searched; raise Unavailable until then."""
        ...


class LexicalIndex(Protocol):
    """The words of all products: title, description, brand, category, attributes, ids. Durable.

    Every method raises what those of `VectorIndex` raise. Products are by their ids. A catalogue that was never written
    has no products.
    """

    def seeing(self, consistency: Consistency) -> "LexicalIndex":
        """Return the same index, whose searches see what was written as *consistency* says."""
        ...

    async def complete_catalogs(self) -> set[str]:
        """Return the catalogues of which every product is here, as far as `complete` was told."""
        ...

    async def complete(self, catalog: str) -> None:
        """Note that from now on every product of the *catalog* is here. Durable when it returns."""
        ...

    async def forget(self, catalog: str) -> None:
        """Remove all products of the *catalog*; it is no longer complete. Durable when it returns."""
        ...

    async def warm_up(self) -> None:
        """Return when the index can be written and asked; raise Unavailable until then."""
        ...

    async def write(self, catalog: str, products: Mapping[str, Facts]) -> None:
        """Write *products*, replacing those of the same ids. Durable, and seen by every method, when it returns."""
        ...

    async def remove(self, catalog: str, ids: Sequence[str]) -> None:
        """Remove products; those that do not exist are passed over. Durable when it returns."""
        ...

    async def ids_after(self, catalog: str, product_id: str, limit: int) -> list[str]:
        """Return the next ids after *product_id*, "" for the first, in an order of the store's own; fewer only at the end."""
        ...

    async def differing(self, catalog: str, products: Mapping[str, Facts]) -> set[str]:
        """Return those of *products* that are not here, or not as `write` would write them."""
        ...

    async def match(
        self, catalog: str, text: str, limit: int, among: Filter | None = None
    ) -> list[tuple[str, float]]:
        """Return the *limit* products that have any word of *text* with the largest BM25, best first, equals by id.

        BM25 after Robertson and Zaragoza (2009), over title (counts most), brand, category, attributes, description.
        """
        ...

    async def scores(self, catalog: str, text: str, ids: Sequence[str]) -> dict[str, float]:
        """Return the BM25 of those of *ids* that have any word of *text*; the same numbers as `match` gives."""
        ...

    async def exact(self, catalog: str, text: str, among: Filter | None = None) -> list[str]:
        """Return the products whose id or article number is *text* but for case and outer space, sorted."""
        ...

    async def having(self, catalog: str, text: str, ids: Sequence[str]) -> set[str]:
        """Return those of *ids* that have every word of *text*; none where *text* has no word."""
        ...

    async def corrected(self, catalog: str, text: str) -> str:
        """Return *text* with words that no product has replaced by the nearest that one has; empty where none was.

        Words that were written some seconds ago may not be offered yet.
        """
        ...


class FieldIndex(Protocol):
    """The fields of all products, for counting and ordering. See `LexicalIndex` for what is common."""

    def seeing(self, consistency: Consistency) -> "FieldIndex":
        """Return the same index, whose searches see what was written as *consistency* says."""
        ...

    async def count(self, catalog: str, among: Filter | None, *, by_group: bool = False) -> Count:
        """Return how many products pass *among*; with *by_group*, groups (a product without one counts for itself)."""
        ...

    async def values(self, catalog: str, field: Field, among: Filter | None) -> ValueCounts:
        """Return how many of the products that pass *among* have each value of *field*; lists count for each of theirs."""
        ...

    async def group_sizes(
        self, catalog: str, group_ids: Sequence[str], among: Filter | None
    ) -> Mapping[str, int]:
        """Return how many products of each group pass *among*; groups without one are left out."""
        ...

    async def ordered(
        self, catalog: str, field: Field, limit: int, among: Filter | None, *, descending: bool
    ) -> list[str]:
        """Return the *limit* first products by the number in *field*, those without it last, equals by id."""
        ...

    async def groups_of(self, catalog: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Return the group of each of *ids* that has one."""
        ...
