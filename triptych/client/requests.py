"""Requests, made of what a shop has at hand."""

import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypedDict, Unpack

from google.protobuf.field_mask_pb2 import FieldMask

from triptych.client.calls import MediaSource
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import types_pb2


def media(source: MediaSource) -> types_pb2.Media:
    """Return a picture or sound: the bytes given, the file at a path, or the address given ("https://…", "file://…")."""
    if isinstance(source, bytes):
        return types_pb2.Media(data=source)
    if isinstance(source, str) and "://" in source:
        return types_pb2.Media(uri=source)
    return types_pb2.Media(data=Path(source).read_bytes())


def new_request_id() -> str:
    """Return a name for a request that no other has."""
    return uuid.uuid4().hex


class SearchChoices(TypedDict, total=False):
    """What a search may say beside its parts. What each means, its default and its bound: SearchProductsRequest."""

    catalog: str
    filter: str
    page_size: int
    fusion: "types_pb2.FusionStrategy.ValueType"
    similarity: "types_pb2.SimilarityMetric.ValueType"
    ranking: "types_pb2.RankingStrategy.ValueType"
    search_space: "types_pb2.SearchSpace.ValueType"
    diversity_lambda: float | None
    facets: Iterable[str | search_pb.FacetSpec]  # a name stands for a facet of the default size
    group_by: str
    order_by: str
    boosts: Iterable[search_pb.Boost]
    lexical_weight: float | None
    hybrid_fusion: "types_pb2.HybridFusion.ValueType"
    rescoring: "types_pb2.SimilarityMetric.ValueType"
    min_relevance: float | None
    explain: "search_pb.SearchProductsRequest.ExplainLevel.ValueType"
    spelling: "search_pb.SearchProductsRequest.Spelling.ValueType"
    read_mask: Iterable[str]  # paths of fields, such as "title"
    consistency: "types_pb2.Consistency.ValueType"
    degrade_policy: "search_pb.SearchProductsRequest.DegradePolicy.ValueType"


def part(
    *,
    text: str | None = None,
    image: MediaSource | None = None,
    audio: MediaSource | None = None,
    like: str | None = None,
    vector: types_pb2.Vector | None = None,
    weight: float | None = None,
    region: types_pb2.BoundingBox | None = None,
    audio_mode: "types_pb2.AudioMode.ValueType" = types_pb2.AUDIO_MODE_UNSPECIFIED,
    exclude: bool = False,
    exclude_similarity: float | None = None,
) -> search_pb.QueryPart:
    """Return one part of a query; exactly one of the contents is given.

    A negative *weight* means "not like this"; *exclude* leaves out; of an image only the *region* is looked at.
    """
    made = search_pb.QueryPart(
        weight=weight,
        vector=vector,
        region=region,
        audio_mode=audio_mode,
        exclude=exclude,
        exclude_similarity=exclude_similarity,
    )
    if text is not None:
        made.text = text
    if image is not None:
        made.image.CopyFrom(media(image))
    if audio is not None:
        made.audio.CopyFrom(media(audio))
    if like is not None:
        made.product_id = like
    return made


def search_request(
    *,
    text: str | None = None,
    image: MediaSource | None = None,
    audio: MediaSource | None = None,
    like: str | None = None,
    parts: Iterable[search_pb.QueryPart] = (),
    **choices: Unpack[SearchChoices],
) -> search_pb.SearchProductsRequest:
    """Return a request with a part for each content given, and the further *parts*."""
    contents = {"text": text, "image": image, "audio": audio, "like": like}
    named = [part(**{name: value}) for name, value in contents.items() if value is not None]  # type: ignore[arg-type]
    told: dict[str, Any] = dict(choices)
    told["facets"] = [
        search_pb.FacetSpec(field=each) if isinstance(each, str) else each
        for each in choices.get("facets", ())
    ]
    told["read_mask"] = FieldMask(paths=mask) if (mask := choices.get("read_mask")) else None
    return search_pb.SearchProductsRequest(parts=[*named, *parts], **told)
