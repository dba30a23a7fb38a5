"""Requests of a search."""

import hashlib

from gateway.core.model.query import (
    EXCLUDE_SIMILARITY,
    Boost,
    Condition,
    Content,
    ExplainLevel,
    FacetWish,
    Freshness,
    Part,
    Popularity,
    ProductReference,
    Query,
    Spelling,
)
from gateway.translate import read_mask
from gateway.translate.media import focus, media
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.vocabulary.choices import (
    AudioMode,
    Consistency,
    FusionStrategy,
    HybridFusion,
    Modality,
    RankingStrategy,
    SimilarityMetric,
    SpaceKind,
)
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.vectors import Vector, unpack

CATALOG_DEFAULT = "default"
PAGE_SIZE_DEFAULT = 20
PAGE_SIZE_MAX = 100
FACET_VALUES_DEFAULT = 20


def query(request: search_pb.SearchProductsRequest) -> Query:
    """Return the search that *request* asks for, every default filled in.

    Raises:
        InvalidArgument: a vector's bytes are not what they should be, or something stands where it has no meaning.
    """
    return Query(
        catalog=request.catalog or CATALOG_DEFAULT,
        parts=tuple(part(index, item) for index, item in enumerate(request.parts)),
        limit=page_size(request.page_size),
        fusion=FusionStrategy(request.fusion or FusionStrategy.LEARNED),
        metric=SimilarityMetric(request.similarity or SimilarityMetric.COSINE),
        ranking=RankingStrategy(request.ranking) if request.ranking else None,
        space=SpaceKind(request.search_space) if request.search_space else None,
        diversity_lambda=request.diversity_lambda if request.HasField("diversity_lambda") else None,
        filter=request.filter,
        facets=tuple(facet(spec) for spec in request.facets),
        grouped=bool(request.group_by),
        order_by=request.order_by,
        boosts=tuple(boost(item) for item in request.boosts),
        lexical_weight=request.lexical_weight if request.HasField("lexical_weight") else None,
        hybrid_fusion=HybridFusion(request.hybrid_fusion or HybridFusion.SCORES),
        rescoring=SimilarityMetric(request.rescoring) if request.rescoring else None,
        min_relevance=request.min_relevance if request.HasField("min_relevance") else None,
        explain=ExplainLevel(request.explain or ExplainLevel.NONE),
        spelling=Spelling(request.spelling or Spelling.SUGGEST),
        fields=read_mask.paths(request.read_mask),
        consistency=Consistency(request.consistency) if request.consistency else None,
        page_token=request.page_token,
        fingerprint=fingerprint(request),
        strict=request.degrade_policy == search_pb.SearchProductsRequest.DEGRADE_POLICY_FORBID,
    )


def page_size(asked: int) -> int:
    """Return how many products a page has."""
    return min(asked or PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX)


def fingerprint(request: search_pb.SearchProductsRequest) -> bytes:
    """Return what is the same for all pages of a search, and for no other search: SHA-256 of all but the page."""
    asked = search_pb.SearchProductsRequest()
    asked.CopyFrom(request)
    asked.ClearField("page_size")
    asked.ClearField("page_token")
    return hashlib.sha256(asked.SerializeToString(deterministic=True)).digest()


def part(index: int, message: search_pb.QueryPart) -> Part:
    """Return one part of a query."""
    check_meaning(index, message)
    return Part(
        content(index, message),
        weight=message.weight if message.HasField("weight") else 1.0,
        audio_mode=AudioMode(message.audio_mode or AudioMode.AUTO),
        exclude=message.exclude,
        exclude_similarity=(
            message.exclude_similarity if message.HasField("exclude_similarity") else EXCLUDE_SIMILARITY
        ),
    )


def content(index: int, message: search_pb.QueryPart) -> Content | ProductReference | Vector:
    """Return what a part holds."""
    field = f"parts[{index}]"
    shown = focus(message, field)
    match message.WhichOneof("content"):
        case "text":
            return Content(Modality.TEXT, f"{field}.text", text=message.text)
        case "image":
            return Content(Modality.IMAGE, f"{field}.image", media=media(message.image), focus=shown)
        case "audio":
            return Content(Modality.AUDIO, f"{field}.audio", media=media(message.audio))
        case "product_id":
            return ProductReference(message.product_id)
        case _:
            vector = message.vector
            return unpack(vector.data, vector.dimension, vector.space, f"{field}.vector")


def check_meaning(index: int, message: search_pb.QueryPart) -> None:
    """Refuse what has no meaning beside what a part holds."""
    kind = message.WhichOneof("content")
    misplaced = {
        "audio_mode": (bool(message.audio_mode) and kind != "audio", "An audio_mode is for audio."),
        "weight": (
            message.exclude and message.HasField("weight"),
            "What is excluded has no weight: it removes products, however much the other parts like them.",
        ),
        "exclude_similarity": (
            message.HasField("exclude_similarity")
            and (not message.exclude or kind in {"text", "product_id"}),
            "An exclude_similarity stands beside exclude and an image, audio or a vector.",
        ),
    }
    for name, (is_misplaced, why) in misplaced.items():
        if is_misplaced:
            raise InvalidArgument(why, reason=Reason.FIELD_INVALID, field=f"parts[{index}].{name}")


def facet(message: search_pb.FacetSpec) -> FacetWish:
    """Return a field to count by."""
    return FacetWish(
        message.field,
        message.limit or FACET_VALUES_DEFAULT,
        tuple(message.bounds),
        message.exclude_own_filter,
    )


def boost(message: search_pb.Boost) -> Boost:
    """Return what lifts or lowers products."""
    source: Popularity | Freshness | Condition
    match message.WhichOneof("source"):
        case "popularity":
            source = Popularity(message.popularity.half)
        case "freshness":
            source = Freshness(message.freshness.half_life.ToNanoseconds() / 1e9)
        case _:
            source = Condition(message.condition)
    return Boost(message.name, message.weight, source)
