"""From the text of a filter to what it means for a catalogue."""

import math
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum

from services.search.core.filters.model import And, Compare, Field, Filter, Has, Not, OneOf, Or, Order, Value
from services.search.core.filters.syntax import invalid, read
from services.search.core.filters.times import seconds_of
from services.search.core.filters.tree import Negation, Restriction, Said, Syntax

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_BOOLEANS = {"true": True, "false": False}
_ORDERS = frozenset(Order)
# How many names an error lists.
_NAMES_MAX = 20

# By the name of the attribute, the kinds of its values.
KindsByName = Mapping[str, Iterable[str]]


class Kind(StrEnum):
    """The kinds of value that a field can have. Attributes have all but times."""

    STRING = "string"
    STRINGS = "strings"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"


# Fields that every product has or may have.
KINDS: Mapping[str, Kind] = {
    "id": Kind.STRING,
    "brand": Kind.STRING,
    "category": Kind.STRING,
    "price": Kind.NUMBER,
    "in_stock": Kind.BOOLEAN,
    "popularity": Kind.NUMBER,
    "update_time": Kind.TIME,
    "group_id": Kind.STRING,
    "locale": Kind.STRING,
}

_TAKES = {
    Kind.STRING: "a string",
    Kind.STRINGS: "a string",
    Kind.NUMBER: "a number without quotes",
    Kind.BOOLEAN: "true or false",
    Kind.TIME: 'a time such as "2024-05-31T12:00:00Z" or "2024-05-31"',
}


def parse(text: str, attributes: KindsByName) -> Filter | None:
    """Return what *text* means; None where it is empty and so holds of every product.

    Args:
        text: in the grammar of docs/filters.md.
        attributes: those of the catalogue, with the kinds of their values.

    Raises:
        InvalidArgument: FILTER_INVALID, with the position and what is allowed there.
    """
    return _meant(read(text), attributes) if text.strip() else None


def _meant(syntax: Syntax, attributes: KindsByName) -> Filter:
    if isinstance(syntax, Restriction):
        return _restriction(syntax, attributes)
    if isinstance(syntax, Negation):
        return Not(_meant(syntax.operand, attributes))
    operands = tuple(_meant(each, attributes) for each in syntax.operands)
    return And(operands) if syntax.is_conjunction else Or(operands)


def _restriction(said: Restriction, attributes: KindsByName) -> Filter:
    field = Field(said.field.text, said.is_attribute)
    kinds = _kinds(field, said.field.position, attributes)
    if said.operator == ":" and said.values[0] == Said("*", said.values[0].position, quoted=False):
        return Has(field)
    if said.operator in _ORDERS:
        ordered = kinds & {Kind.NUMBER, Kind.TIME}
        if not ordered:
            message = f"{field} has no order; it is compared by =, != or :."
            raise invalid(message, said.field.position)
        return Compare(field, Order(said.operator), float(_value(field, said.values[0], ordered)))
    values = tuple(_value(field, each, kinds) for each in said.values)
    if len({type(each) for each in values}) > 1:
        raise invalid("the values of a list are of one kind.", said.values[0].position)
    leaf = OneOf(field, values)
    return Not(leaf) if said.operator == "!=" else leaf


def _kinds(field: Field, position: int, attributes: KindsByName) -> set[Kind]:
    """Return the kinds of value that *field* has."""
    if field.is_attribute and field.name in attributes:
        return {Kind(kind) for kind in attributes[field.name]}
    if field.is_attribute:
        there = _listed(field.name, attributes, "attributes are") or "there are none"
        raise invalid(f'no product of the catalogue has an attribute "{field.name[:64]}"; {there}.', position)
    if field.name in KINDS:
        return {KINDS[field.name]}
    hint = f"; did you mean attributes.{field.name}?" if field.name in attributes else ""
    there = _listed("", [*KINDS, "attributes.NAME", 'attributes."any name"'], "fields are")
    raise invalid(
        f'there is no field "{field.name[:64]}"{hint or "."} {there[0].upper()}{there[1:]}.', position
    )


def _listed(name: str, names: Iterable[str], words: str) -> str:
    """Return the beginning of *names*, those most like *name* first."""
    rest = list(names)
    close = get_close_matches(name, rest, n=3)
    shown = [*close, *(each for each in rest if each not in close)]
    more = f" and {len(shown) - _NAMES_MAX} more" if len(shown) > _NAMES_MAX else ""
    return f"{words} {', '.join(shown[:_NAMES_MAX])}{more}" if shown else ""


def _value(field: Field, said: Said, kinds: set[Kind]) -> Value:
    """Return the value that was *said*: a word is what its field takes, a string in quotes is a string or a time."""
    if not said.quoted and Kind.NUMBER in kinds and _NUMBER.fullmatch(said.text):
        number = float(said.text)
        if math.isinf(number):
            raise invalid(f"{said.text[:32]} is too large for a number.", said.position)
        return number
    if not said.quoted and Kind.BOOLEAN in kinds and said.text in _BOOLEANS:
        return _BOOLEANS[said.text]
    seconds = seconds_of(said.text) if Kind.TIME in kinds else None
    if seconds is not None:
        return seconds
    if kinds & {Kind.STRING, Kind.STRINGS}:
        return _string(field, said)
    takes = " or ".join(sorted({_TAKES[kind] for kind in kinds}))
    raise invalid(f"{field} takes {takes}.", said.position)


def _string(field: Field, said: Said) -> str:
    if not said.text:
        message = f"the empty string is no value; NOT {field}:* finds products without it."
        raise invalid(message, said.position)
    if not said.quoted and "*" in said.text:
        raise invalid(
            "wildcards are not understood; in quotes, * is a character like any other.", said.position
        )
    return said.text
