"""Products page by page, with their vectors where they are wanted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.search.core.filters.parse import parse
from services.search.core.generations import collections_of
from services.search.core.model import Collection, ProductRecord, RowKey
from services.search.core.scope import record_of
from services.search.core.stored import stored
from services.search.core.stores import Stores

# gRPC's clients take 4 MiB a message where nobody told them otherwise, and products have more around them in it.
PAGE_BYTES_MAX = 3 * 1024 * 1024


@dataclass(frozen=True)
class Wish:
    """A page of the products of *catalog*.

    Args:
        after_id: the last product of the page before; empty for the first page.
        limit: 1 to 1000; the page ends before that where its products are large.
        filter: which products; empty for all.
        with_products: whether more than their ids is wanted.
        with_vectors: whether all their vectors are.
    """

    catalog: str
    limit: int
    after_id: str = ""
    filter: str = ""
    with_products: bool = False
    with_vectors: bool = False


@dataclass(frozen=True, eq=False)
class Listed:
    """A page.

    Args:
        products: its products; those that were removed while it was made are left out.
        collections: those that their vectors are from.
        next_after_id: the id after which the next page begins; empty at the end.
    """

    products: tuple[ProductRecord, ...]
    collections: tuple[Collection, ...]
    next_after_id: str


class Listing:
    """Lists what is in *stores*."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def page(self, wish: Wish) -> Listed:
        """Return the page. Sees every write that was acknowledged before.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
            InvalidArgument: FILTER_INVALID.
        """
        record = await record_of(self._stores, wish.catalog, fresh=True)
        after = RowKey(wish.after_id, 0) if wish.after_id else None
        among = parse(wish.filter, record.attributes)
        # One more than is wanted tells whether a page follows.
        found = await self._stores.vectors.keys_after(record, after, wish.limit + 1, among=among)
        keys = found[: wish.limit]
        last = keys[-1].product_id if len(found) > wish.limit else ""
        ids = [key.product_id for key in keys]
        if wish.with_vectors:
            return await self._with_vectors(record, ids, last)
        if wish.with_products:
            rows = await self._stores.vectors.read(record, keys, with_vectors=False)
            there = {row.key.product_id: row for row in rows}
            # What was removed since the keys were listed is not there any more.
            kept = [there[each] for each in ids if each in there]
            records = [
                ProductRecord(row.key.product_id, row.product, (), history=row.history) for row in kept
            ]
            return _of_bounded_size(Listed(tuple(records), (), last))
        return Listed(tuple(ProductRecord(each, b"", ()) for each in ids), (), last)

    async def _with_vectors(self, record: Collection, ids: Sequence[str], last: str) -> Listed:
        # Of one generation, whatever is switched meanwhile.
        index = self._stores.vectors
        collections = await collections_of(index, record.catalog, record.generation)
        there = await stored(index, collections, [ProductRecord(each, b"", ()) for each in ids])
        records = [
            ProductRecord(each, there[each].product, there[each].vectors, history=there[each].history)
            for each in ids
            if each in there
        ]
        return _of_bounded_size(Listed(tuple(records), tuple(collections.values()), last))


def _of_bounded_size(page: Listed) -> Listed:
    """Return as much of *page* as a message takes, one product at least; the next page begins with the rest."""
    total = 0
    for place, product in enumerate(page.products):
        total += len(product.product) + sum(each.vector.values.nbytes for each in product.vectors)
        if place and total > PAGE_BYTES_MAX:
            return replace(page, products=page.products[:place], next_after_id=page.products[place - 1].id)
    return page
