"""What is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.core.model.query import Content
from gateway.core.model.ranking import Curve
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.vectors import Vector


@dataclass(frozen=True)
class CatalogFacts:
    """What a catalogue is like: the kinds of each attribute's values, and its calibration, by the kind of query."""

    attributes: Mapping[str, tuple[str, ...]]
    calibration: Mapping[str, Curve] = field(default_factory=dict)


@dataclass(frozen=True)
class ProductFacts:
    """What the walk reads of a packed product; an age of None is not known."""

    popularity: int
    age_s: float | None
    group_id: str


@dataclass(frozen=True)
class Labels:
    """What of a packed product others can share with it: its category, and the texts of its attributes, by name."""

    category: str
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class NewProduct:
    """A product to store: its packed record, and what of it can be encoded."""

    id: str
    record: bytes
    contents: tuple[Content, ...]


@dataclass(frozen=True)
class StoredVector:
    """A vector of a product: which space, which view."""

    kind: SpaceKind
    view: int
    vector: Vector


@dataclass(frozen=True)
class ProductRecord:
    """A product as the store keeps it."""

    id: str
    record: bytes
    vectors: tuple[StoredVector, ...] = ()
