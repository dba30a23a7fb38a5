"""The `FieldIndex` port in SQLite. Everything is counted, so every count is exact."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from services.search.adapters.sqlite.filters import BOOLEAN, COLUMNS, NUMBER, condition
from services.search.adapters.sqlite.store import SqliteStore
from services.search.adapters.sqlite.tables import tables_of
from services.search.core.filters.model import Field, Filter, Value
from services.search.core.lexical import by_count
from services.search.core.model import Count, ValueCounts
from triptych.vocabulary.choices import Consistency


class SqliteFieldIndex:
    """Implements `FieldIndex` in *store*."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    def seeing(self, consistency: Consistency) -> "SqliteFieldIndex":  # noqa: ARG002 - always sees all
        """Return this one."""
        return self

    async def count(self, catalog: str, among: Filter | None, *, by_group: bool = False) -> Count:
        """Count rows, or the groups of those that have one and the others."""
        passes = condition(among)
        counted = "count(DISTINCT p.group_id) + count(*) - count(p.group_id)" if by_group else "count(*)"
        sql = f"SELECT {counted} FROM products_# p WHERE {passes.sql}"
        found = await self._ask("count", catalog, sql, passes.bound)
        return Count(found[0][0] if found else 0)

    async def values(self, catalog: str, field: Field, among: Filter | None) -> ValueCounts:
        """Count rows by value."""
        passes = condition(among)
        bound: tuple[object, ...] = passes.bound
        if field.is_attribute:
            source = "attributes_# a JOIN products_# p ON p.number = a.product WHERE a.name = ?"
            kind, value, bound = "a.kind", "a.value", (field.name, *bound)
        else:
            kind, value = str(COLUMNS[field.name]), f"p.{field.name}"
            source = f"products_# p WHERE {value} IS NOT NULL"
        sql = f"SELECT {kind}, {value}, count(*) FROM {source} AND {passes.sql} GROUP BY 1, 2"
        found = await self._ask("values", catalog, sql, bound)
        return ValueCounts(by_count((_value(kind, value), count) for kind, value, count in found))

    async def group_sizes(
        self, catalog: str, group_ids: Sequence[str], among: Filter | None
    ) -> Mapping[str, int]:
        """Count the rows of each group."""
        passes = condition(among)
        sql = (
            "SELECT p.group_id, count(*) FROM products_# p "
            f"WHERE p.group_id IN (SELECT value FROM json_each(?)) AND {passes.sql} GROUP BY p.group_id"
        )
        return dict(await self._ask("group_sizes", catalog, sql, (json.dumps(group_ids), *passes.bound)))

    async def ordered(
        self, catalog: str, field: Field, limit: int, among: Filter | None, *, descending: bool
    ) -> list[str]:
        """Sort rows by the number."""
        passes = condition(among)
        bound: tuple[object, ...] = ()
        if field.is_attribute:
            number = (
                f"(SELECT value FROM attributes_# WHERE product = p.number AND name = ? AND kind = {NUMBER})"
            )
            bound = (field.name,)
        else:
            number = f"p.{field.name}" if COLUMNS[field.name] == NUMBER else "NULL"
        sql = (
            f"SELECT p.id, {number} AS place FROM products_# p WHERE {passes.sql} "
            f"ORDER BY place IS NULL, place {'DESC' if descending else 'ASC'}, p.id LIMIT ?"
        )
        found = await self._ask("ordered", catalog, sql, (*bound, *passes.bound, limit))
        return [each for each, _ in found]

    async def groups_of(self, catalog: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Look up rows."""
        sql = (
            "SELECT id, group_id FROM products_# "
            "WHERE id IN (SELECT value FROM json_each(?)) AND group_id IS NOT NULL"
        )
        return dict(await self._ask("groups_of", catalog, sql, (json.dumps(ids),)))

    async def _ask(self, method: str, catalog: str, sql: str, bound: Sequence[object]) -> list[Any]:
        def ask(connection: sqlite3.Connection) -> list[Any]:
            tables = tables_of(connection, catalog)
            return [] if tables is None else connection.execute(tables(sql), bound).fetchall()

        return await self._store.read(method, ask)


def _value(kind: int, value: Any) -> Value:
    return bool(value) if kind == BOOLEAN else float(value) if kind == NUMBER else str(value)
