"""What is asked of the index, and what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.core.model.query import FacetWish
from triptych.vocabulary.choices import Consistency, HybridFusion, SimilarityMetric, SpaceKind
from triptych.vocabulary.vectors import Vector


@dataclass(frozen=True)
class Interval:
    """Numbers from *start* to below *end*; None is open."""

    start: float | None
    end: float | None


@dataclass(frozen=True)
class Facet:
    """The counts of one field: (value, products) in the order in which they are shown."""

    field: str
    values: tuple[tuple[str | float | bool | Interval, int], ...]
    is_exact: bool = True


@dataclass(frozen=True)
class ExcludedVector:
    """Products whose vectors of *space* have a cosine of *similarity* or more with *vector* may not be found."""

    vector: Vector
    similarity: float
    space: SpaceKind


@dataclass(frozen=True)
class Retrieval:
    """What is asked of the index. What is empty is not asked for.

    Args:
        query: what products are compared with; None to look for words alone, or to browse by *order_by*.
        limit: 1 to 1000 products.
        compared: the other spaces in which hits are compared with the query.
        filter: in the grammar of docs/filters.md.
        texts: (text, weight above 0) to look for as words.
        lexical_weight: how much words count beside the vector, 0 to 1.
        grouped: whether of each group of variants the best alone is found.
        excluded_variants_of: products that may not be found, nor their variants.
        excluded_texts: products that have all words of one of these may not be found.
        conditions: filters of which each hit says whether it passes them.
        rescoring: a second, exact comparison.
        only_ids: these products alone are compared.
        counted: whether the products that pass the filter are counted.
        consistency: how much of what was written lately is seen; None as the search room is set.
        generation: whose vectors are searched; empty: of the one that serves.
        products_limit: how many of the first hits bring their product; None for all.
        hurried: whether as few candidates are looked at as can be.
    """

    catalog: str
    query: Vector | None
    space: SpaceKind
    metric: SimilarityMetric
    limit: int
    with_vectors: bool = False
    compared: tuple[SpaceKind, ...] = ()
    filter: str = ""
    texts: tuple[tuple[str, float], ...] = ()
    lexical_weight: float = 0.0
    hybrid_fusion: HybridFusion = HybridFusion.SCORES
    grouped: bool = False
    facets: tuple[FacetWish, ...] = ()
    excluded_ids: tuple[str, ...] = ()
    excluded_variants_of: tuple[str, ...] = ()
    excluded_texts: tuple[str, ...] = ()
    excluded_vectors: tuple[ExcludedVector, ...] = ()
    order_by: str = ""
    conditions: tuple[str, ...] = ()
    rescoring: SimilarityMetric | None = None
    only_ids: tuple[str, ...] = ()
    counted: bool = False
    consistency: Consistency | None = None
    generation: str = ""
    products_limit: int | None = None
    hurried: bool = False


@dataclass(frozen=True)
class Hit:
    """A product that the index found. *product* stays packed: the core never looks inside; empty where it was not asked for.

    Args:
        similarity: the cosine or the Euclidean distance; None where there is no vector to compare.
        elsewhere: how near it is in the other spaces that were asked for, where it has a vector there.
        lexical: BM25 of the words; None where they did not count.
        score: of vector and words together; larger is better. What the hits are ordered by.
        vector_score: how much of that the vector gives; None where words did not count, and so all of it.
        rescored: the second comparison, where one was asked for; then what the hits are ordered by.
        exact_match: whether a text of the query is its id or an article number; such hits stand first.
        conditions: whether it passes each of the conditions that were asked for.
        group_id, group_others: its group of variants, and how many others of it pass the filter.
    """

    id: str
    product: bytes
    similarity: float | None
    view: int
    vector: Vector | None = None
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
class Hits:
    """What the index found, best first, where, and which index it was; and what it counted."""

    hits: tuple[Hit, ...]
    space: SpaceKind
    index_name: str
    index_space: str
    facets: tuple[Facet, ...] = ()
    total_size: int = 0
    total_is_exact: bool = False
