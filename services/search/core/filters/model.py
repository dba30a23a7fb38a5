"""The tree that a filter means.

A leaf holds or does not hold of a product; where the product lacks the field, it does not. NOT turns that around, so
`NOT price < 50` also finds products without a price. Every engine is compiled to say the same as `evaluate`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = str | float | bool


@dataclass(frozen=True, order=True)
class Field:
    """A field of a product: "brand", or the attribute "colour".

    Args:
        name: the field's or the attribute's own name.
        is_attribute: which of the two.
    """

    name: str
    is_attribute: bool = False

    def __str__(self) -> str:
        """Return it as it stands in a filter."""
        return f"attributes.{self.name}" if self.is_attribute else self.name


class Order(StrEnum):
    """How a number is compared."""

    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="


@dataclass(frozen=True)
class OneOf:
    """The product's value, or one of its list of values, is one of *values*, which are of one kind."""

    field: Field
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Compare:
    """The product's number stands so to *number*; times are seconds since 1970."""

    field: Field
    order: Order
    number: float


@dataclass(frozen=True)
class Has:
    """The product has the field at all."""

    field: Field


@dataclass(frozen=True)
class Not:
    """*operand* does not hold."""

    operand: "Filter"


@dataclass(frozen=True)
class And:
    """All of 2 or more *operands* hold."""

    operands: tuple["Filter", ...]


@dataclass(frozen=True)
class Or:
    """At least one of 2 or more *operands* holds."""

    operands: tuple["Filter", ...]


Filter: TypeAlias = OneOf | Compare | Has | Not | And | Or
