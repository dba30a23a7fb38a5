"""Catalogues as wholes, and their products page by page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.core.model.catalog import CatalogFacts, ProductRecord
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.vectors import Space


@dataclass(frozen=True)
class KeptSpace:
    """A space of a catalogue's vectors, how many there are, and the name of the index that holds them."""

    kind: SpaceKind
    space: Space
    vectors: int
    index: str


@dataclass(frozen=True)
class CatalogDescription:
    """What a catalogue is like; the first of *spaces* is that of its records, one for each product."""

    facts: CatalogFacts
    spaces: tuple[KeptSpace, ...]


@dataclass(frozen=True)
class RecordPage:
    """Products, the id after which the next page begins (empty at the end), and the spaces of the vectors, if any."""

    records: tuple[ProductRecord, ...]
    next_after_id: str
    spaces: Mapping[SpaceKind, Space] = field(default_factory=dict)


@dataclass(frozen=True)
class Inconsistency:
    """Something that is not as it should be; *kind* is a number of triptych.v1.Inconsistency.Kind."""

    kind: int
    product_id: str
    space: SpaceKind | None
    view: int
    repaired: bool


@dataclass(frozen=True)
class CheckPage:
    """What a page of a check found, how many rows it looked at by where they are, and where to go on."""

    found: tuple[Inconsistency, ...]
    checked: Mapping[str, int]
    next_token: str
