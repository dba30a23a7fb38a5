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


# SQLite reads expressions only so deep: a chain of n is n deep, brackets count too.
_CHAIN_MAX = 256


@dataclass(frozen=True)
class Condition:
    """A piece of SQL, the values for its question marks, and how many brackets it has around one another."""

    sql: str
    bound: tuple[Bound, ...] = ()
    depth: int = 0


def condition(tree: Filter | None, *, is_negated: bool = False) -> Condition:
    """Return the condition that *tree*, or the contrary of it, sets; none is true of every product."""
    match tree:
        case None:
            return Condition("1")
        case Not(operand):
            return condition(operand, is_negated=not is_negated)
        case And(operands) | Or(operands):
            word = "AND" if isinstance(tree, And) != is_negated else "OR"
            return _joined(word, [condition(each, is_negated=is_negated) for each in operands])
        case OneOf() | Compare() | Has():
            leaf = _leaf(tree)
            return Condition(f"NOT {leaf.sql}", leaf.bound) if is_negated else leaf


def kind_of(value: Value) -> int:
    """Return the kind of *value*; Python takes a boolean for a number."""
    return TEXT if isinstance(value, str) else BOOLEAN if isinstance(value, bool) else NUMBER


def _joined(word: str, operands: Sequence[Condition]) -> Condition:
    # The deepest last: SQLite takes a chain for a ladder, of which the last is the topmost rung.
    chain = sorted(operands, key=lambda each: each.depth)
    while len(chain) > _CHAIN_MAX:
        parts = [chain[at : at + _CHAIN_MAX] for at in range(0, len(chain), _CHAIN_MAX)]
        chain = [_chain(word, part) for part in parts]
    return _chain(word, chain)


def _chain(word: str, operands: Sequence[Condition]) -> Condition:
    sql = f" {word} ".join(each.sql for each in operands)
    bound = tuple(value for each in operands for value in each.bound)
    return Condition(f"({sql})", bound, 1 + max(each.depth for each in operands))


def _leaf(leaf: OneOf | Compare | Has) -> Condition:
    match leaf:
        case OneOf(field, values):
            # They are of one kind.
            return _compared(field, kind_of(values[0]), f"IN ({', '.join('?' * len(values))})", tuple(values))
        case Compare(field, order, number):
            return _compared(field, NUMBER, f"{order.value} ?", (number,))
        case Has(field) if field.is_attribute:
            return _attribute(field.name, "1", ())
        case Has(field):
            return Condition(f"(p.{field.name} IS NOT NULL)" if field.name in COLUMNS else "0")


def _compared(field: Field, kind: int, ending: str, bound: tuple[Bound, ...]) -> Condition:
    """Return that a value of *field* is of that *kind*, and that an expression with that *ending* holds of it."""
    if field.is_attribute:
        return _attribute(field.name, f"kind = {kind} AND value {ending}", bound)
    if COLUMNS.get(field.name) != kind:
        return Condition("0")
    column = f"p.{field.name}"
    return Condition(f"({column} IS NOT NULL AND {column} {ending})", bound)


def _attribute(name: str, where: str, bound: tuple[Bound, ...]) -> Condition:
    sql = f"(p.number IN (SELECT product FROM attributes_# WHERE name = ? AND {where}))"
    return Condition(sql, (name, *bound))
