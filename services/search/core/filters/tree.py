"""What a filter says, as it was written."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Said:
    """A word or a string, and where it stands, from 1."""

    text: str
    position: int
    quoted: bool


@dataclass(frozen=True)
class Restriction:
    """A field, how it is compared, and with what."""

    field: Said
    is_attribute: bool
    operator: str
    values: tuple[Said, ...]
    depth: int = 1


@dataclass(frozen=True)
class Negation:
    """NOT."""

    operand: "Syntax"
    depth: int


@dataclass(frozen=True)
class Chain:
    """Operands, all joined by AND or all by OR."""

    is_conjunction: bool
    operands: tuple["Syntax", ...]
    depth: int


Syntax: TypeAlias = Restriction | Negation | Chain
