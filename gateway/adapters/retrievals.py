"""What is asked of the index ↔ its wire form, which also waits in page tokens."""

from gateway.core.model.query import FacetWish
from gateway.core.model.retrieval import ExcludedVector, Retrieval
from triptych.internal.v1 import search_service_pb2 as pb
from triptych.runtime import wire
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import Consistency, HybridFusion, SimilarityMetric, SpaceKind
from triptych.vocabulary.vectors import Vector


def search_request(asked: Retrieval) -> pb.SearchRequest:
    """Return what is asked in its wire form."""
    return pb.SearchRequest(
        catalog=asked.catalog,
        query=vector_message(asked.query) if asked.query else None,
        space=types_pb2.SearchSpace.ValueType(asked.space),
        metric=types_pb2.SimilarityMetric.ValueType(asked.metric),
        limit=asked.limit,
        with_vectors=asked.with_vectors,
        compared_spaces=[types_pb2.SearchSpace.ValueType(kind) for kind in asked.compared],
        filter=asked.filter,
        texts=[pb.WeightedText(text=text, weight=weight) for text, weight in asked.texts],
        lexical_weight=asked.lexical_weight,
        hybrid_fusion=types_pb2.HybridFusion.ValueType(asked.hybrid_fusion),
        grouped=asked.grouped,
        facets=[facet_message(each) for each in asked.facets],
        excluded_ids=asked.excluded_ids,
        excluded_variants_of=asked.excluded_variants_of,
        excluded_texts=asked.excluded_texts,
        excluded_vectors=[
            pb.ExcludedVector(
                vector=vector_message(each.vector),
                similarity=each.similarity,
                space=types_pb2.SearchSpace.ValueType(each.space),
            )
            for each in asked.excluded_vectors
        ],
        order_by=asked.order_by,
        conditions=asked.conditions,
        rescoring=types_pb2.SimilarityMetric.ValueType(asked.rescoring or 0),
        only_ids=asked.only_ids,
        counted=asked.counted,
        consistency=types_pb2.Consistency.ValueType(asked.consistency or 0),
        generation=asked.generation,
        products_limit=asked.products_limit,
        hurried=asked.hurried,
    )


def facet_message(wish: FacetWish) -> search_pb.FacetSpec:
    """Return a field to count by in its wire form."""
    return search_pb.FacetSpec(
        field=wish.field,
        limit=wish.limit,
        bounds=wish.bounds,
        exclude_own_filter=wish.exclude_own_filter,
    )


def vector_message(vector: Vector) -> types_pb2.Vector:
    """Return a vector in its wire form."""
    return wire.vector_message(vector.values, vector.space)


def retrieval_of(message: pb.SearchRequest) -> Retrieval:
    """Return what was asked from its wire form; facets are not asked for twice."""
    return Retrieval(
        message.catalog,
        wire.vector_of(message.query) if message.HasField("query") else None,
        SpaceKind(message.space),
        SimilarityMetric(message.metric),
        message.limit,
        with_vectors=message.with_vectors,
        compared=tuple(SpaceKind(kind) for kind in message.compared_spaces),
        filter=message.filter,
        texts=tuple((each.text, each.weight) for each in message.texts),
        lexical_weight=message.lexical_weight,
        hybrid_fusion=HybridFusion(message.hybrid_fusion),
        grouped=message.grouped,
        excluded_ids=tuple(message.excluded_ids),
        excluded_variants_of=tuple(message.excluded_variants_of),
        excluded_texts=tuple(message.excluded_texts),
        excluded_vectors=tuple(
            ExcludedVector(wire.vector_of(each.vector), each.similarity, SpaceKind(each.space))
            for each in message.excluded_vectors
        ),
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
