"""What is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.core.model.query import Content
from gateway.core.model.ranking import Curve
from gateway.core.model.writes import Terms
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
    """A product to store: its packed record, what of it can be encoded, and on what terms it is written."""

    id: str
    record: bytes
    contents: tuple[Content, ...]
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True)
class ProductUpdate:
    """Fields of a product to set, those of its terms; and whether it is made of all it has where it does not exist."""

    product: NewProduct
    allow_missing: bool = False


@dataclass(frozen=True)
class StoredVector:
    """A vector of a product: which space, which view."""

    kind: SpaceKind
    view: int
    vector: Vector


@dataclass(frozen=True)
class ProductRecord:
    """A product as the store keeps it, or as it is to keep it on these terms; no etag where it is not known."""

    id: str
    record: bytes
    vectors: tuple[StoredVector, ...] = ()
    etag: str = ""
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True)
class PlannedWrite:
    """What a product would become, with the etag and the vectors that it has; and the fields that would stay."""

    record: ProductRecord
    superseded_paths: tuple[str, ...] = ()
