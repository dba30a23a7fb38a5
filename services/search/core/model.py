"""The nouns of the search service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from services.search.core.filters.model import Value
from services.search.core.history import History
from services.search.core.terms import Terms
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.vectors import Floats, Space, Vector

# The schema's bound on `ProductVector.view`: a product has at most this many vectors of one kind.
VIEWS_MAX = 16

# The kinds beside the record itself. A product may lack any of them.
SIDE_KINDS: tuple[SpaceKind, ...] = (SpaceKind.TEXT, SpaceKind.IMAGE, SpaceKind.AUDIO)

# The kinds in which one product can have several vectors.
VIEW_KINDS = frozenset({SpaceKind.IMAGE, SpaceKind.AUDIO})


AttributeValue: TypeAlias = str | float | bool | tuple[str, ...]

# By the name of the attribute, the kinds of its values: "string", "strings", "number", "boolean".
Attributes: TypeAlias = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Facts:
    """What of a product can be filtered, counted, ordered by, and looked for as words. What is empty is not known.

    Args:
        price: in the catalogue's currency.
        update_time: seconds since 1970.
    """

    title: str = ""
    description: str = ""
    brand: str = ""
    category: str = ""
    price: float | None = None
    in_stock: bool | None = None
    popularity: int = 0
    update_time: float | None = None
    group_id: str = ""
    locale: str = ""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Collection:
    """The rows of one kind of one catalogue.

    Args:
        name: the store's own name for it; another one for another generation.
        catalog: the catalogue.
        kind: which of the catalogue's vectors.
        space: the space of the vectors in it.
        attributes: the kinds of the attributes that products have or had, by name; kept with the FUSED one alone.
        calibration: what was set, packed; empty where nothing was. Kept with the FUSED one alone.
        generation: the vectors of all kinds by one pack; one generation of a catalogue serves.
        other: the generation that is kept up beside this one, empty for none; kept with the FUSED one alone.
        upgrade: what is noted of the upgrade to this generation; kept with the FUSED one alone.
    """

    name: str
    catalog: str
    kind: SpaceKind
    space: Space
    attributes: Attributes = field(default_factory=dict, compare=False)
    calibration: str = field(default="", compare=False)
    generation: str = field(default="", compare=False)
    other: str = field(default="", compare=False)
    upgrade: str = field(default="", compare=False)


@dataclass(frozen=True, order=True)
class RowKey:
    """What makes a row unique within its collection."""

    product_id: str
    view: int


@dataclass(frozen=True, eq=False)
class Row:
    """One vector of one product, beside the packed product that answers need.

    Args:
        key: product id and view.
        product: the serialised product.
        values: shape (dimension,), float32; None where vectors were not asked for.
        facts: what the product can be filtered by; None where it was read, not written.
        history: of the product; kept with records alone.
    """

    key: RowKey
    product: bytes
    values: Floats | None
    facts: Facts | None = None
    history: History = field(default_factory=History)


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A row that is near, and how near: by the metric that its collection is indexed by."""

    row: Row
    similarity: float


@dataclass(frozen=True)
class Count:
    """How many there are; not exact where there was too much to look through, and then no more than there are."""

    number: int
    is_exact: bool = True


@dataclass(frozen=True)
class ValueCounts:
    """The values of a field, each with how many products have it: most frequent first, equals in their own order.

    Pairs, since a dictionary would take true for 1. Not exact where there was too much to look through.
    """

    counts: tuple[tuple[Value, int], ...]
    is_exact: bool = True


@dataclass(frozen=True, eq=False)
class ProductVector:
    """A vector of a product, as it was sent."""

    kind: SpaceKind
    view: int
    vector: Vector


@dataclass(frozen=True, eq=False)
class ProductRecord:
    """A product as it is to be kept: its id, the serialised product, its vectors, and what it can be filtered by.

    Args:
        vectors: none in a write of fields that no vector depends on.
        terms: on what terms it is written.
        history: what is kept of its writes; empty as long as that is not decided.
    """

    id: str
    product: bytes
    vectors: tuple[ProductVector, ...]
    facts: Facts = field(default_factory=Facts)
    terms: Terms = field(default_factory=Terms)
    history: History = field(default_factory=History)

    @property
    def keeps_vectors(self) -> bool:
        """Whether its vectors stay those that are stored."""
        return bool(self.terms.paths) and not self.terms.base_etag


@dataclass(frozen=True, eq=False)
class Hit:
    """One product that was found, by the nearest of its vectors.

    Args:
        id: the product's id.
        product: the serialised product.
        similarity: the cosine or the Euclidean distance, as the query asked; None where there is nothing to compare.
        view: which of the product's pictures or sounds was nearest.
        vector: the vector that was nearest; None where it was not asked for.
        elsewhere: how near it is in the other spaces that were asked for, where it has a vector there.
        lexical: BM25 of the words; None where they did not count.
        score: of vector and words together; larger is better.
        vector_score: how much of that the vector gives; None where words did not count, and so all of it.
        rescored: the second comparison, where one was asked for.
        exact_match: whether a text of the query is its id or an article number.
        conditions: whether it passes each of the conditions that were asked for.
        group_id, group_others: its group of variants, and how many others of it pass the filter.
    """

    id: str
    product: bytes
    similarity: float | None
    view: int
    vector: Vector | None
    elsewhere: Mapping[SpaceKind, float] = field(default_factory=dict)
    lexical: float | None = None
    score: float = 0.0
    vector_score: float | None = None
    rescored: float | None = None
    exact_match: bool = False
    conditions: tuple[bool, ...] = ()
    group_id: str = ""
    group_others: int = 0


@dataclass(frozen=True)
class Interval:
    """Numbers from *start* to below *end*; None is open."""

    start: float | None
    end: float | None


@dataclass(frozen=True)
class Facet:
    """The counts of one field, as it was named: (value, products) in the order in which they are shown."""

    field: str
    counts: tuple[tuple[Value | Interval, int], ...]
    is_exact: bool


@dataclass(frozen=True, eq=False)
class Found:
    """The answer to a search.

    Args:
        hits: best first.
        collection: the one that answered.
        rounds: how often it was asked.
        facets: in the order in which they were asked for.
        total: how many products or groups may be found; None where that was not asked.
    """

    hits: tuple[Hit, ...]
    collection: Collection
    rounds: int
    facets: tuple[Facet, ...] = ()
    total: Count | None = None
