"""Reading products late: only once it is known which of them are shown.

To be sure of an order by words and vectors, many more products are looked at than are returned. Their ids and numbers do.
"""

from collections.abc import Sequence

from services.search.core.model import Collection, Row, RowKey
from services.search.core.ports.vectors import VectorIndex
from services.search.core.query import SearchQuery
from services.search.core.scope import Scope

# A record may be large: so many fit a message.
RECORDS_AT_ONCE = 1_000


def reads_late(query: SearchQuery, scope: Scope) -> bool:
    """Return whether candidates of *query* can do without their products: nothing of these decides, and the vectors are those of the records."""
    of_products = query.only_ids or query.grouped or query.rescoring or scope.ordering or scope.conditions
    return 0 < query.words_weight < 1 and scope.collection == scope.record and not of_products


async def records(
    index: VectorIndex, record: Collection, ids: Sequence[str], *, fresh: bool = False
) -> list[Row]:
    """Return the records of those of *ids* that have one, in any order."""
    rows: list[Row] = []
    for batch in (ids[at : at + RECORDS_AT_ONCE] for at in range(0, len(ids), RECORDS_AT_ONCE)):
        rows += await index.read(record, [RowKey(each, 0) for each in batch], with_vectors=False, fresh=fresh)
    return rows


async def products(index: VectorIndex, record: Collection, ids: Sequence[str]) -> dict[str, bytes]:
    """Return the products of those of *ids* that are there, by id.

    They were seen a moment ago: one that a quick read misses is looked for as of now.
    """
    found = {row.key.product_id: row.product for row in await records(index, record, ids)}
    if missing := [each for each in ids if each not in found]:
        late = await records(index, record, missing, fresh=True)
        found |= {row.key.product_id: row.product for row in late}
    return found
