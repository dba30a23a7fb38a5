"""Filters as expressions of Milvus that mean what `evaluate` means, on the server and on Milvus Lite.

An expression holds names, numbers and strings of letters that mean nothing (`words`): no filter can bring in another.
Where an attribute is missing the two disagree on NOT, so it is pushed down to the leaves, and said there.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from services.search.adapters.milvus.schema import ATTRIBUTES, PRODUCT_ID
from services.search.adapters.milvus.words import code_of, encoded
from services.search.core.attributes import kind_of
from services.search.core.filters.model import And, Compare, Field, Filter, Has, Not, OneOf, Or, Value

# The kinds of an attribute's values, each under a name of its own, so that 5 is never compared with "5". A string is a
# list of one.
PREFIXES = {"string": "s", "strings": "s", "number": "n", "boolean": "b"}

_STRINGS = frozenset({"brand", "category", "group_id", "locale"})
UNKNOWN_STOCK = -1


def expression_of(tree: Filter) -> str:
    """Return the expression for *tree*."""
    return _compiled(tree, is_negated=False).text


@dataclass(frozen=True, order=True)
class _Expression:
    """How deep an expression is, and what it says."""

    depth: int
    text: str


def _compiled(tree: Filter, *, is_negated: bool) -> _Expression:
    """Return the expression for *tree*, or for the contrary of it."""
    match tree:
        case Not(operand):
            return _compiled(operand, is_negated=not is_negated)
        case And(operands) | Or(operands):
            word = "and" if isinstance(tree, And) != is_negated else "or"
            return _joined([_compiled(each, is_negated=is_negated) for each in operands], word)
        case OneOf() | Compare() | Has():
            leaf = _attribute(tree) if tree.field.is_attribute else _Expression(1, _column(tree))
            return _negated(tree, leaf) if is_negated else leaf


def _negated(leaf: OneOf | Compare | Has, positive: _Expression) -> _Expression:
    text = f"(not {positive.text})"
    if leaf.field.is_attribute and not isinstance(leaf, Has):
        text = f"((not (exists {_path(leaf)})) or {text})"
    return _Expression(positive.depth + 2, text)


def _joined(expressions: Iterable[_Expression], word: str) -> _Expression:
    """Return *expressions* joined by *word* as a tree that is as flat as can be: Milvus reads only so deep."""
    heap = list(expressions)
    heapq.heapify(heap)
    while len(heap) > 1:
        one, other = heapq.heappop(heap), heapq.heappop(heap)
        heapq.heappush(heap, _Expression(other.depth + 1, f"({one.text} {word} {other.text})"))
    return heap[0]


def _column(leaf: OneOf | Compare | Has) -> str:
    name = PRODUCT_ID if leaf.field.name == "id" else leaf.field.name
    match leaf:
        case Compare(_, order, number):
            return f"({name} {order} {number!r})"
        case OneOf(_, values):
            return f"({name} in [{','.join(_literal(leaf.field, each) for each in values)}])"
        case Has(field):
            if field.name in _STRINGS or field.name == "id":
                return f'({name} != "")'
            if field.name == "in_stock":
                return f"({name} != {UNKNOWN_STOCK})"
            # What is unknown is NaN, which stands to no number in any way.
            return f"(({name} < 0.0) or ({name} >= 0.0))"


def _literal(field: Field, value: Value) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, str):
        return f'"{encoded(value) if field.name == "id" else code_of(value)}"'
    return repr(value)


def _attribute(leaf: OneOf | Compare | Has) -> _Expression:
    match leaf:
        case Compare(_, order, number):
            return _Expression(1, f"({_path(leaf)} {order} {number!r})")
        case OneOf(_, values) if isinstance(values[0], str):
            listed = ",".join(f'"{code_of(str(each))}"' for each in values)
            return _Expression(1, f"(json_contains_any({_path(leaf)}, [{listed}]))")
        case OneOf(_, values):
            equal = (f"({_path(leaf)} == {str(each).lower()})" for each in values)
            return _joined((_Expression(1, each) for each in equal), "or")
        case Has(field):
            paths = (_path_of(field, prefix) for prefix in dict.fromkeys(PREFIXES.values()))
            return _joined((_Expression(1, f"(exists {path})") for path in paths), "or")


def _path(leaf: OneOf | Compare) -> str:
    kind = "number" if isinstance(leaf, Compare) else kind_of(leaf.values[0])
    return _path_of(leaf.field, PREFIXES[kind])


def _path_of(field: Field, prefix: str) -> str:
    return f'{ATTRIBUTES}["{prefix}{code_of(field.name)}"]'
