"""Filters as SQL over `products_#` under the name p: the same meaning as `evaluate`, every value bound, none spelt out.

Every condition is true or false, never NULL: a missing value makes a leaf false, which NOT turns into true.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from services.search.core.filters.model import And, Compare, Field, Filter, Has, Not, OneOf, Or, Value

Bound: TypeAlias = str | float | int
TEXT, NUMBER, BOOLEAN = range(3)

COLUMNS: Mapping[str, int] = {
    "id": TEXT,
    "brand": TEXT,
    "category": TEXT,
    "price": NUMBER,
    "in_stock": BOOLEAN,
    "popularity": NUMBER,
    "update_time": NUMBER,
    "group_id": TEXT,
    "locale": TEXT,
}


@dataclass(frozen=True)
class Condition:
    """A piece of SQL and the values for its question marks."""

    sql: str
    bound: tuple[Bound, ...] = ()


def condition(tree: Filter | None) -> Condition:
    """Return the condition that *tree* sets; none is true of every product."""
    match tree:
        case None:
            return Condition("1")
        case And(operands) | Or(operands):
            word = "AND" if isinstance(tree, And) else "OR"
            return _joined(word, [condition(each) for each in operands])
        case Not(operand):
            inner = condition(operand)
            return Condition(f"NOT {inner.sql}", inner.bound)
        case OneOf(field, values):
            return _one_of(field, values)
        case Compare(field, order, number):
            return _leaf(field, NUMBER, f"{order.value} ?", (number,))
        case Has(field):
            return _has(field)


def kind_of(value: Value) -> int:
    """Return the kind of *value*; Python takes a boolean for a number."""
    return TEXT if isinstance(value, str) else BOOLEAN if isinstance(value, bool) else NUMBER


def _joined(word: str, operands: Sequence[Condition]) -> Condition:
    # In halves: SQLite bounds how deep an expression is nested, and takes a chain for a ladder.
    if len(operands) == 1:
        return operands[0]
    left, right = _joined(word, operands[: len(operands) // 2]), _joined(word, operands[len(operands) // 2 :])
    return Condition(f"({left.sql} {word} {right.sql})", left.bound + right.bound)


def _one_of(field: Field, values: Sequence[Value]) -> Condition:
    # They are of one kind.
    return _leaf(field, kind_of(values[0]), f"IN ({', '.join('?' * len(values))})", tuple(values))


def _leaf(field: Field, kind: int, compared: str, bound: tuple[Bound, ...]) -> Condition:
    """Return that a value of *field* is of that *kind*, and *compared*, the end of an expression, holds of it."""
    if field.is_attribute:
        return _attribute(field.name, f"kind = {kind} AND value {compared}", bound)
    if COLUMNS.get(field.name) != kind:
        return Condition("0")
    column = f"p.{field.name}"
    return Condition(f"({column} IS NOT NULL AND {column} {compared})", bound)


def _has(field: Field) -> Condition:
    if field.is_attribute:
        return _attribute(field.name, "1", ())
    return Condition(f"(p.{field.name} IS NOT NULL)" if field.name in COLUMNS else "0")


def _attribute(name: str, where: str, bound: tuple[Bound, ...]) -> Condition:
    sql = f"(p.number IN (SELECT product FROM attributes_# WHERE name = ? AND {where}))"
    return Condition(sql, (name, *bound))
