"""Requests of a search."""

from gateway.core.model import Content, Part, ProductReference, Query
from gateway.translate.media import focus, media
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.vocabulary.choices import (
    FusionStrategy,
    Modality,
    RankingStrategy,
    SimilarityMetric,
    SpaceKind,
)
from triptych.vocabulary.vectors import unpack

CATALOG_DEFAULT = "default"
PAGE_SIZE_DEFAULT = 20
PAGE_SIZE_MAX = 100


def query(request: search_pb.SearchProductsRequest) -> Query:
    """Return the search that *request* asks for, every default filled in.

    Raises:
        InvalidArgument: a vector's bytes are not what they should be.
    """
    return Query(
        catalog=request.catalog or CATALOG_DEFAULT,
        parts=tuple(part(index, item) for index, item in enumerate(request.parts)),
        limit=min(request.page_size or PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX),
        fusion=FusionStrategy(request.fusion or FusionStrategy.LEARNED),
        metric=SimilarityMetric(request.similarity or SimilarityMetric.COSINE),
        ranking=RankingStrategy(request.ranking) if request.ranking else None,
        space=SpaceKind(request.search_space) if request.search_space else None,
        diversity_lambda=request.diversity_lambda if request.HasField("diversity_lambda") else None,
    )


def part(index: int, message: search_pb.QueryPart) -> Part:
    """Return one part of a query."""
    weight = message.weight if message.HasField("weight") else 1.0
    field = f"parts[{index}]"
    shown = focus(message, field)
    match message.WhichOneof("content"):
        case "text":
            return Part(Content(Modality.TEXT, f"{field}.text", text=message.text), weight)
        case "image":
            image = media(message.image)
            return Part(Content(Modality.IMAGE, f"{field}.image", media=image, focus=shown), weight)
        case "audio":
            return Part(Content(Modality.AUDIO, f"{field}.audio", media=media(message.audio)), weight)
        case "product_id":
            return Part(ProductReference(message.product_id), weight)
        case _:
            vector = message.vector
            return Part(unpack(vector.data, vector.dimension, vector.space, f"{field}.vector"), weight)
