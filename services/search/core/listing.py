"""Products page by page, with their vectors where they are wanted."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from services.search.core.filters.parse import parse
from services.search.core.model import SIDE_KINDS, Collection, ProductRecord, ProductVector, Row, RowKey
from services.search.core.near import keys_of
from services.search.core.scope import record_of
from services.search.core.stores import Stores
from triptych.vocabulary.vectors import Vector


@dataclass(frozen=True)
class Wish:
    """A page of the products of *catalog*.

    Args:
        after_id: the last product of the page before; empty for the first page.
        limit: 1 to 1000.
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
        if not (wish.with_products or wish.with_vectors):
            return Listed(tuple(ProductRecord(key.product_id, b"", ()) for key in keys), (), last)
        collections = [record, *await self._sides(wish.catalog)] if wish.with_vectors else [record]
        products = await self._read(collections, keys, with_vectors=wish.with_vectors)
        return Listed(products, tuple(collections) if wish.with_vectors else (), last)

    async def _sides(self, catalog: str) -> list[Collection]:
        found = await asyncio.gather(
            *(self._stores.vectors.collection(catalog, kind, fresh=True) for kind in SIDE_KINDS)
        )
        return [each for each in found if each is not None]

    async def _read(
        self, collections: Sequence[Collection], keys: Sequence[RowKey], *, with_vectors: bool
    ) -> tuple[ProductRecord, ...]:
        ids = [key.product_id for key in keys]
        pages = await asyncio.gather(
            *(
                self._stores.vectors.read(each, keys_of(each, ids), with_vectors=with_vectors)
                for each in collections
            )
        )
        vectors: dict[str, list[ProductVector]] = defaultdict(list)
        for collection, rows in zip(collections, pages, strict=True):
            for row in sorted(rows, key=lambda each: each.key):
                vectors[row.key.product_id] += _vectors(row, collection)
        records = {row.key.product_id: row for row in pages[0]}
        # What was removed since the keys were listed is not there any more.
        there = [records[each] for each in ids if each in records]
        return tuple(
            ProductRecord(
                row.key.product_id, row.product, tuple(vectors[row.key.product_id]), history=row.history
            )
            for row in there
        )


def _vectors(row: Row, collection: Collection) -> list[ProductVector]:
    if row.values is None:
        return []
    return [ProductVector(collection.kind, row.key.view, Vector(row.values, collection.space.id))]
