"""What a search is about, once its names mean something: collections, fields and filters."""

from dataclasses import dataclass

from services.search.core.checks import catalog_not_found, check_fits
from services.search.core.exclusions import Excluded, excluded
from services.search.core.fields import facet_field
from services.search.core.filters.model import Field, Filter
from services.search.core.filters.parse import parse
from services.search.core.filters.parts import joined
from services.search.core.model import Attributes, Collection
from services.search.core.ordering import Ordering, parse_order
from services.search.core.query import SearchQuery
from services.search.core.similarity import check_metric
from services.search.core.stores import Stores
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import TriptychError


@dataclass(frozen=True, eq=False)
class Scope:
    """What a search is about.

    Args:
        collection: of the vectors that are searched; without a name where no product has any.
        record: of the records.
        compared: the other ones in which hits are compared too.
        filter: which products may be found, as the query has it.
        excluded: those that may not all the same.
        conditions: see `SearchQuery.conditions`.
        ordering: None where relevance decides.
        facet_fields: by which products are counted, in the order of the query.
    """

    collection: Collection
    record: Collection
    compared: tuple[Collection, ...]
    filter: Filter | None
    excluded: Excluded
    conditions: tuple[Filter | None, ...]
    ordering: Ordering | None
    facet_fields: tuple[Field, ...]

    @property
    def among(self) -> Filter | None:
        """Which products may be found, as far as it can be told beforehand."""
        return self.but_for(self.filter)

    @property
    def among_vectors(self) -> Filter | None:
        """The same without the ids: dropping these from what was found is quicker than a vector index's filter."""
        return joined(self.filter, self.excluded.filter_of_groups)

    def but_for(self, tree: Filter | None) -> Filter | None:
        """Return which products may be found where *tree* stands in place of the filter."""
        return joined(tree, self.excluded.filter_of_groups, self.excluded.filter_of_ids)


async def scope_of(stores: Stores, query: SearchQuery, *, fresh: bool) -> Scope:
    """Return what *query* is about.

    Raises:
        NotFound: CATALOG_NOT_FOUND.
        InvalidArgument: SPACE_MISMATCH, DIMENSION_MISMATCH, FILTER_INVALID, FIELD_INVALID.
        FailedPrecondition: SIMILARITY_NOT_INDEXED.
    """
    record = await record_of(stores, query.catalog, fresh=fresh, generation=query.generation)

    async def collection_of(kind: SpaceKind) -> Collection:
        if kind is record.kind:
            return record
        # Of the same generation, whatever serves by now: one search never mixes two.
        collection = await stores.vectors.collection(
            query.catalog, kind, generation=record.generation, fresh=fresh
        )
        # The catalogue is there, and none of its products have a vector of this kind: then nothing is near.
        return collection or Collection("", query.catalog, kind, record.space)

    collection = await collection_of(query.space)
    if query.vector is not None:
        check_fits(query.vector, collection.space, "query")
        check_metric(collection, query.metric)
    tree = parse(query.filter, record.attributes)
    near = [(await collection_of(each.space), each) for each in query.excluded_vectors]
    return Scope(
        collection,
        record,
        tuple([await collection_of(each) for each in query.compared]),
        tree,
        await excluded(stores, query, tree, near),
        tuple(_condition(each, at, record.attributes) for at, each in enumerate(query.conditions)),
        parse_order(query.order_by, record.attributes),
        tuple(
            facet_field(wish, record.attributes, f"facets[{position}]")
            for position, wish in enumerate(query.facets)
        ),
    )


async def record_of(stores: Stores, catalog: str, *, fresh: bool, generation: str = "") -> Collection:
    """Return the collection of the records of *catalog*; empty: of the generation that serves.

    Raises:
        NotFound: CATALOG_NOT_FOUND.
    """
    record = await stores.vectors.collection(catalog, SpaceKind.FUSED, generation=generation, fresh=fresh)
    if record is None:
        raise catalog_not_found(catalog)
    return record


def _condition(text: str, position: int, attributes: Attributes) -> Filter | None:
    try:
        return parse(text, attributes)
    except TriptychError as error:
        raise error.at(f"conditions[{position}]") from error
