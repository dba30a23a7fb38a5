"""Between the messages of a search and the core's types."""

from collections.abc import Iterable

from services.search.core.filters.model import Value
from services.search.core.model import Facet, Found, Hit, Interval
from services.search.core.query import ExcludedVector, FacetWish, SearchQuery
from triptych.internal.v1 import search_service_pb2 as messages
from triptych.runtime import wire
from triptych.v1 import product_search_service_pb2 as public
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import Consistency, HybridFusion, SimilarityMetric, SpaceKind

# What FacetSpec.limit says of 0.
FACET_VALUES = 20


def query_of(message: messages.SearchRequest) -> SearchQuery:
    """Return what a request asks for.

    Raises:
        InvalidArgument: a vector is none (VECTOR_INVALID, DIMENSION_MISMATCH).
    """
    return SearchQuery(
        catalog=message.catalog,
        space=SpaceKind(message.space),
        metric=SimilarityMetric(message.metric),
        limit=message.limit,
        vector=wire.vector_of(message.query, "query") if message.HasField("query") else None,
        with_vectors=message.with_vectors,
        compared=tuple(SpaceKind(each) for each in message.compared_spaces),
        filter=message.filter,
        texts=tuple((each.text, each.weight) for each in message.texts),
        lexical_weight=message.lexical_weight,
        hybrid_fusion=HybridFusion(message.hybrid_fusion or HybridFusion.SCORES),
        grouped=message.grouped,
        facets=tuple(
            FacetWish(each.field, each.limit or FACET_VALUES, tuple(each.bounds), each.exclude_own_filter)
            for each in message.facets
        ),
        excluded_ids=tuple(message.excluded_ids),
        excluded_variants_of=tuple(message.excluded_variants_of),
        excluded_texts=tuple(message.excluded_texts),
        excluded_vectors=tuple(_excluded_vectors(message.excluded_vectors)),
        order_by=message.order_by,
        conditions=tuple(message.conditions),
        rescoring=SimilarityMetric(message.rescoring) if message.rescoring else None,
        only_ids=tuple(message.only_ids),
        counted=message.counted,
        consistency=Consistency(message.consistency) if message.consistency else None,
        generation=message.generation,
        products_limit=message.products_limit if message.HasField("products_limit") else None,
        hurried=message.hurried,
    )


def found_message(found: Found, products_limit: int | None = None) -> messages.SearchResponse:
    """Return the answer to a search; with *products_limit* the products of the first alone."""
    collection, total = found.collection, found.total
    limit = len(found.hits) if products_limit is None else products_limit
    return messages.SearchResponse(
        hits=[_hit_message(hit, with_product=place < limit) for place, hit in enumerate(found.hits)],
        index=types_pb2.IndexVersion(name=collection.name, space=collection.space.id),
        facets=[_facet_message(facet) for facet in found.facets],
        total_size=total.number if total else 0,
        total_size_is_exact=total is not None and total.is_exact,
    )


def _excluded_vectors(several: Iterable[messages.ExcludedVector]) -> Iterable[ExcludedVector]:
    for position, each in enumerate(several):
        vector = wire.vector_of(each.vector, f"excluded_vectors[{position}].vector")
        yield ExcludedVector(vector, each.similarity, SpaceKind(each.space))


def _hit_message(hit: Hit, *, with_product: bool) -> messages.Hit:
    vector = None if hit.vector is None else wire.vector_message(hit.vector.values, hit.vector.space)
    return messages.Hit(
        id=hit.id,
        product=hit.product if with_product else b"",
        similarity=hit.similarity,
        view=hit.view,
        vector=vector,
        similarities=[
            messages.SpaceSimilarity(space=types_pb2.SearchSpace.ValueType(kind), similarity=similarity)
            for kind, similarity in hit.elsewhere.items()
        ],
        lexical=hit.lexical,
        score=hit.score,
        vector_score=hit.vector_score,
        rescored=hit.rescored,
        exact_match=hit.exact_match,
        conditions=hit.conditions,
        group_id=hit.group_id,
        group_others=hit.group_others,
    )


def _facet_message(facet: Facet) -> public.Facet:
    return public.Facet(
        field=facet.field,
        values=[_value_message(value, count) for value, count in facet.counts],
        is_exact=facet.is_exact,
    )


def _value_message(value: Value | Interval, count: int) -> public.FacetValue:
    match value:
        case Interval(start, end):
            # "from" is a word of Python's own.
            interval = public.Interval(**{"from": start, "to": end})
            return public.FacetValue(interval=interval, count=count)
        case bool():
            return public.FacetValue(boolean=value, count=count)
        case str():
            return public.FacetValue(text=value, count=count)
        case _:
            return public.FacetValue(number=value, count=count)
