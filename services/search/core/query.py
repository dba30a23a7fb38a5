"""What a search asks for."""

from dataclasses import dataclass

from triptych.vocabulary.choices import Consistency, HybridFusion, SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.vectors import Vector


@dataclass(frozen=True)
class FacetWish:
    """A field by whose values products are to be counted.

    Args:
        field: its name, such as "brand" or "attributes.colour".
        limit: the most values.
        bounds: where intervals of numbers begin, ascending; none where each number stands for itself.
        exclude_own_filter: whether to count as if the filter's conditions on this very field were not there.
    """

    field: str
    limit: int = 20
    bounds: tuple[float, ...] = ()
    exclude_own_filter: bool = False


@dataclass(frozen=True, eq=False)
class ExcludedVector:
    """Products whose vectors of *space* have a cosine of *similarity* or more with *vector* may not be found."""

    vector: Vector
    similarity: float
    space: SpaceKind


@dataclass(frozen=True, eq=False)
class SearchQuery:
    """A search; what is empty is not asked for.

    Args:
        space: which of the products' vectors are compared.
        metric: how.
        limit: 1 to 1000 products.
        vector: what they are compared with, of any space of the catalogue's pack. None to look for words alone, or to
            browse in the order of a field.
        with_vectors: whether hits bring their vectors.
        compared: the other spaces in which hits are compared with the vector too.
        filter: in the grammar of docs/filters.md.
        texts: (text, weight above 0) to look for as words.
        lexical_weight: how much words count beside the vector, 0 to 1. Without a vector they count alone.
        grouped: whether of each group of variants the best alone is found.
        excluded_variants_of: products that may not be found, nor any of their groups.
        excluded_texts: products that have every word of one of these may not be found.
        order_by: a field, such as "price desc".
        conditions: filters of which each hit says whether it passes them.
        rescoring: a second, exact comparison, by which hits are ordered.
        only_ids: these products alone are looked at.
        counted: whether the products that pass the filter are counted.
        consistency: how much of what was written lately is seen; None as the stores are set.
        generation: whose vectors are searched; empty: of the one that serves.
        products_limit: how many of the first hits need their products; None for all.
        hurried: whether as few candidates are looked at as can be: quicker, and the nearest may be missed.
    """

    catalog: str
    space: SpaceKind
    metric: SimilarityMetric
    limit: int
    vector: Vector | None = None
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

    @property
    def words_weight(self) -> float:
        """How much words count: not at all where there are none, alone where there is no vector."""
        if not self.texts:
            return 0.0
        return 1.0 if self.vector is None else self.lexical_weight

    @property
    def needs_vectors(self) -> bool:
        """Whether the vectors of what is found are looked at."""
        return self.with_vectors or self.rescoring is not None

    @property
    def browses(self) -> bool:
        """Whether there is nothing to compare with, so that a field alone decides."""
        return self.vector is None and not self.texts


def check_query(query: SearchQuery) -> None:
    """Check that *query* makes sense before anything is looked up.

    Raises:
        InvalidArgument: FIELD_INVALID.
    """
    if query.browses and not query.only_ids and not query.order_by.strip():
        raise InvalidArgument(
            "Without a vector and without words, a field must say which products come first.",
            reason=Reason.FIELD_INVALID,
            field="order_by",
        )
    if query.rescoring is not None and query.vector is None:
        raise InvalidArgument(
            "Only a query with a vector can be compared a second time.",
            reason=Reason.FIELD_INVALID,
            field="rescoring",
        )
