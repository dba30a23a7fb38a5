"""The `FieldIndex` port in Milvus: counted in the record, the FUSED rows, page by page.

Milvus counts rows itself, but neither values nor groups. These are read from their columns, of so many products at most
that it takes no longer than a second or two; where there are more, counts are not exact, and say so. Sizes of groups and
the first products by a number are exact however many there are.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pymilvus.grpc_gen.milvus_pb2 import QueryRequest

from services.search.adapters.milvus.columns import FieldColumn, cells_of, column_of
from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.directory import Directory
from services.search.adapters.milvus.errors import map_milvus_errors
from services.search.adapters.milvus.expressions import expression_of
from services.search.adapters.milvus.requests import GUARANTEES, LEVELS, Consistency
from services.search.adapters.milvus.rows import expression
from services.search.adapters.milvus.schema import KEY, PRODUCT, PRODUCT_ID, pairs
from services.search.adapters.milvus.words import CODE_PREFIX, code_of, decoded
from services.search.core.filters.evaluate import values_of
from services.search.core.filters.model import Compare, Field, Filter, OneOf, Order
from services.search.core.filters.parts import joined
from services.search.core.lexical import by_count, number_in
from services.search.core.model import Collection, Count, Facts, RowKey, ValueCounts
from services.search.metrics import LEXICAL_SECONDS
from triptych.vocabulary import choices
from triptych.vocabulary.choices import SpaceKind

# The most that Milvus returns of one query.
PAGE_ROWS = 16_384
ROWS_MAX = 12 * PAGE_ROWS
COUNT = "count(*)"
GROUP = "group_id"

Row = dict[str, Any]


class MilvusFieldIndex:
    """Implements `FieldIndex`.

    Args:
        connection: to Milvus.
        directory: of its collections.
        facts_of: reads what can be filtered in a serialised product.
        consistency: how fresh a count must be.
        rows_max: how many products are looked through at most.
    """

    def __init__(
        self,
        connection: MilvusConnection,
        directory: Directory,
        facts_of: Callable[[bytes], Facts],
        *,
        consistency: Consistency,
        rows_max: int = ROWS_MAX,
    ) -> None:
        self._connection = connection
        self._directory = directory
        self._facts_of = facts_of
        self._consistency = GUARANTEES[consistency]
        self._rows_max = rows_max

    def seeing(self, consistency: choices.Consistency) -> "MilvusFieldIndex":
        """Return the same index at another level."""
        return MilvusFieldIndex(
            self._connection,
            self._directory,
            self._facts_of,
            consistency=LEVELS[consistency],
            rows_max=self._rows_max,
        )

    async def count(self, catalog: str, among: Filter | None, *, by_group: bool = False) -> Count:
        """Have Milvus count rows; of groups, read which there are."""
        if not by_group:
            found = await self._ask("count", catalog, _expression(among), [COUNT])
            return Count(found[0][COUNT] if found else 0)
        rows, is_exact = await self._read("count", catalog, _expression(among), [GROUP])
        groups = Counter(each[GROUP] for each in rows)
        # Those without a group stand under "": each counts for itself.
        return Count(len(groups) - (1 if groups[""] else 0) + groups[""], is_exact)

    async def values(self, catalog: str, field: Field, among: Filter | None) -> ValueCounts:
        """Read the column."""
        column = column_of(field)
        rows, is_exact = await self._read("values", catalog, _expression(among), [column.name])
        # By kind too, since Python takes true for 1.
        counts = Counter(
            (isinstance(code, bool), code) for each in rows for code in column.codes(each[column.name])
        )
        texts = await self._texts(catalog, column, {code for _, code in counts if isinstance(code, str)})
        found = [
            (texts[code] if isinstance(code, str) else code, count) for (_, code), count in counts.items()
        ]
        return ValueCounts(by_count(found), is_exact)

    async def group_sizes(
        self, catalog: str, group_ids: Sequence[str], among: Filter | None
    ) -> Mapping[str, int]:
        """Read the column of those groups; where they have too many products, have Milvus count each."""
        if not group_ids:
            return {}
        tree = joined(OneOf(Field(GROUP), tuple(group_ids)), among)
        rows, is_all = await self._read("group_sizes", catalog, _expression(tree), [GROUP])
        read = Counter(each[GROUP] for each in rows)
        sizes = {each: read[code_of(each)] for each in group_ids}
        if not is_all:
            trees = [joined(OneOf(Field(GROUP), (each,)), among) for each in group_ids]
            counts = await asyncio.gather(*(self.count(catalog, each) for each in trees))
            sizes = {each: found.number for each, found in zip(group_ids, counts, strict=True)}
        return {each: size for each, size in sizes.items() if size}

    async def ordered(
        self, catalog: str, field: Field, limit: int, among: Filter | None, *, descending: bool
    ) -> list[str]:
        """Read the column and sort it; of too many products, the best of some say which others can be better.

        Of equals at the end of the list those of the first ids are taken only where not too many pass.
        """
        column = column_of(field)
        rows, is_all = await self._read("ordered", catalog, _expression(among), [PRODUCT_ID, column.name])
        numbers = {each[PRODUCT_ID]: number_in(column.codes(each[column.name])) for each in rows}

        def place(product_id: str) -> tuple[bool, float, str]:
            number = numbers[product_id]
            if number is None:
                return True, 0.0, product_id
            return False, -number if descending else number, product_id

        found = sorted(numbers, key=place)[:limit]
        if is_all:
            return found
        better = joined(among, _better(field, numbers[found[-1]], descending=descending))
        best = await self.ordered(catalog, field, limit, better, descending=descending)
        return list(dict.fromkeys((*best, *found)))[:limit]

    async def groups_of(self, catalog: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Read the column of those products."""
        if not ids:
            return {}
        among = expression(RowKey(each, 0) for each in dict.fromkeys(ids))
        rows = await self._ask("groups_of", catalog, among, [PRODUCT_ID, GROUP])
        column = column_of(Field(GROUP))
        texts = await self._texts(catalog, column, {each[GROUP] for each in rows if each[GROUP]})
        return {each[PRODUCT_ID]: texts[each[GROUP]] for each in rows if each[GROUP]}

    async def _texts(self, catalog: str, column: FieldColumn, codes: set[str]) -> dict[str, str]:
        """Return the texts that *codes* stand for; those that are checksums have to be read from a product."""
        texts = {each: decoded(each) for each in codes if not each.startswith(CODE_PREFIX)}
        for code in codes - texts.keys():
            rows = await self._ask("values", catalog, column.having(code), [PRODUCT_ID, PRODUCT], limit=1)
            for row in rows:
                values = values_of(column.field, row[PRODUCT_ID], self._facts_of(row[PRODUCT]))
                texts.update(
                    (code, each) for each in values if isinstance(each, str) and code_of(each) == code
                )
            # It was removed meanwhile.
            texts.setdefault(code, code)
        return texts

    async def _read(
        self, method: str, catalog: str, among: str, fields: Sequence[str]
    ) -> tuple[list[Row], bool]:
        """Return the rows that pass *among*, page by page, and whether these are all."""
        rows: list[Row] = []
        last = ""
        while len(rows) < self._rows_max:
            after = f'({KEY} > "{last}")'
            wanted = min(PAGE_ROWS, self._rows_max - len(rows))
            page = await self._ask(
                method, catalog, f"{after} and {among}" if among else after, [KEY, *fields], limit=wanted
            )
            rows += page
            if len(page) < wanted:
                return rows, True
            last = page[-1][KEY]
        more = f'({KEY} > "{last}")'
        return rows, not await self._ask(
            method, catalog, f"{more} and {among}" if among else more, [KEY], limit=1
        )

    async def _ask(
        self, method: str, catalog: str, among: str, fields: Sequence[str], limit: int = 0
    ) -> list[Row]:
        """Return the cells of *fields* of the rows that pass, in the order of their keys where there is a *limit*."""
        with map_milvus_errors(), LEXICAL_SECONDS.labels(method).time():
            collection: Collection | None = await self._directory.remembered(catalog, SpaceKind.FUSED)
            if collection is None:
                return []
            level, timestamp = self._consistency
            request = QueryRequest(
                collection_name=collection.name,
                expr=among,
                output_fields=fields,
                query_params=pairs(limit=limit, reduce_stop_for_best=True, iterator=True) if limit else [],
                consistency_level=level,
                guarantee_timestamp=timestamp,
            )
            return cells_of((await self._connection.call("Query", request)).fields_data)


def _better(field: Field, number: float | None, *, descending: bool) -> Filter:
    """Return what stands before a product of that *number*: where it has none, all that have one."""
    if number is None:
        return Compare(field, Order.AT_LEAST, -sys.float_info.max)
    return Compare(field, Order.ABOVE if descending else Order.BELOW, number)


def _expression(tree: Filter | None) -> str:
    return "" if tree is None else expression_of(tree)
