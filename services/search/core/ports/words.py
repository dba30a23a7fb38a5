"""Words of products."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from services.search.core.filters.model import Filter
from services.search.core.model import Facts
from triptych.vocabulary.choices import Consistency


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

    async def completions(self, catalog: str, text: str, limit: int) -> list[tuple[str, int]]:
        """Return *text* with its last word completed, and about how many products have all words of that.

        By words of titles, brands, categories and attributes, together with all words before it; by most products first,
        equals in their own order. Of several endings of a word one is offered.
        """
        ...
