"""Reading what there is of products before they are written."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from services.search.core.model import SIDE_KINDS, Collection, ProductRecord, ProductVector, Row, RowKey
from services.search.core.near import keys_of
from services.search.core.ports.vectors import VectorIndex
from services.search.core.writing import Stored
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.vectors import Vector


async def stored(
    index: VectorIndex, collections: Mapping[SpaceKind, Collection], sent: Sequence[ProductRecord]
) -> dict[str, Stored]:
    """Return what there is under the ids of *sent*; with the vectors of those that bring none."""
    if SpaceKind.FUSED not in collections:
        return {}
    bare = [each.id for each in sent if not each.vectors]
    kinds = [kind for kind in SIDE_KINDS if kind in collections and bare]
    records, *sides = await asyncio.gather(
        index.read(
            collections[SpaceKind.FUSED], [RowKey(each.id, 0) for each in sent], with_vectors=bool(bare)
        ),
        *(
            index.read(collections[kind], keys_of(collections[kind], bare), with_vectors=True)
            for kind in kinds
        ),
    )
    vectors: dict[str, list[ProductVector]] = {each.key.product_id: [] for each in records}
    for kind, rows in zip([SpaceKind.FUSED, *kinds], [records, *sides], strict=True):
        for product_id, vector in _vectors(collections[kind], rows):
            # Rows without a record are what a write that broke off left: nobody's.
            if product_id in vectors:
                vectors[product_id].append(vector)
    return {
        each.key.product_id: Stored(each.product, each.history, tuple(vectors[each.key.product_id]))
        for each in records
    }


def _vectors(collection: Collection, rows: Iterable[Row]) -> Iterable[tuple[str, ProductVector]]:
    for row in sorted(rows, key=lambda each: each.key):
        if row.values is not None:
            vector = Vector(row.values, collection.space.id)
            yield row.key.product_id, ProductVector(collection.kind, row.key.view, vector)
