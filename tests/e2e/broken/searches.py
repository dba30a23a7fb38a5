"""SearchProducts."""

import math
from collections.abc import Iterator
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

from broken.cases import (
    BAD_ENUM,
    BOX,
    NAN,
    PICTURE,
    SHARES,
    Broken,
    catalogs,
    filters,
    pictures,
    regions,
    sounds,
    under,
    vectors,
)
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import Reason

WORDS = pb.QueryPart(text="red mug")
CHOICES = (
    "fusion", "similarity", "ranking", "search_space", "hybrid_fusion", "rescoring", "explain", "spelling",
    "consistency", "degrade_policy",
)  # fmt: skip


def search(**fields: Any) -> pb.SearchProductsRequest:
    """Return a request that is good but for *fields*."""
    return pb.SearchProductsRequest(**{"parts": [WORDS], **fields})


def searches() -> Iterator[Broken]:
    """Yield requests."""
    yield from catalogs(pb.SearchProductsRequest, parts=[WORDS])
    yield from filters(pb.SearchProductsRequest, parts=[WORDS])
    yield from plain()
    yield from contradictions()
    for case in parts():
        yield under("parts[0]", case, search(parts=[case.message, WORDS]))
    for case in facets():
        yield under("facets[0]", case, search(facets=[case.message]))
    for case in boosts():
        yield under("boosts[0]", case, search(boosts=[case.message]))


def plain() -> Iterator[Broken]:
    """Yield requests with a field out of its bounds."""
    for choice in CHOICES:
        yield Broken(choice, search(**{choice: BAD_ENUM}))
    for share in ("diversity_lambda", "lexical_weight", "min_relevance"):
        for value in SHARES:
            yield Broken(share, search(**{share: value}))
    for parts_ in ([], [WORDS] * 9):
        yield Broken("parts", search(parts=parts_))
    for order in ("a" * 129, "title", "attributes.no_such", "price upwards"):
        yield Broken("order_by", search(order_by=order))
    yield Broken("similarity", search(similarity=types_pb2.SIMILARITY_METRIC_MAHALANOBIS))
    yield Broken("page_size", search(page_size=-1))
    yield Broken("page_token", search(page_token="a" * 1_000_001))
    yield Broken("page_token", search(page_token="no token"), Reason.PAGE_TOKEN_INVALID)
    yield Broken("facets", search(facets=[pb.FacetSpec(field=f"attributes.a{at}") for at in range(17)]))
    yield Broken("boosts", search(boosts=[boost(name=str(at)) for at in range(9)]))
    yield Broken("group_by", search(group_by="brand"))
    yield Broken("read_mask", search(read_mask=FieldMask(paths=["id", "colour"])))


def contradictions() -> Iterator[Broken]:
    """Yield requests whose fields do not go together, or not with the catalogue."""
    yield Broken("parts", search(parts=[pb.QueryPart(text="mug", weight=-1)]), Reason.NO_POSITIVE_PART)
    yield Broken(
        "parts", search(parts=[WORDS, pb.QueryPart(text=WORDS.text, weight=-1)]), Reason.PARTS_CANCEL
    )
    for more in (
        {"ranking": types_pb2.RANKING_STRATEGY_DIVERSE},
        {"rescoring": types_pb2.SIMILARITY_METRIC_COSINE},
        {"boosts": [boost()]},
    ):
        yield Broken("order_by", search(order_by="price", **more))
    twice = [pb.FacetSpec(field="brand"), pb.FacetSpec(field="brand", limit=3)]
    yield Broken("facets[1].field", search(facets=twice))
    yield Broken("boosts[1].name", search(boosts=[boost(), boost(weight=0.1)]))
    yield Broken("min_relevance", search(min_relevance=0.5), Reason.NOT_CALIBRATED)


def parts() -> Iterator[Broken]:
    """Yield parts."""
    picture = types_pb2.Media(data=PICTURE)
    yield Broken("content", pb.QueryPart())
    for text in ("", "a" * 1025):
        yield Broken("text", pb.QueryPart(text=text))
    yield Broken("text", pb.QueryPart(text=" ?! "), Reason.EMPTY_TEXT)
    for product_id in ("", "a" * 129):
        yield Broken("product_id", pb.QueryPart(product_id=product_id))
    yield Broken("product_id", pb.QueryPart(product_id="no-such-product"), Reason.PRODUCT_NOT_FOUND)
    for weight in (0, -1001, 1001, math.inf, NAN):
        yield Broken("weight", pb.QueryPart(text="mug", weight=weight))
    yield Broken("weight", pb.QueryPart(text="mug", weight=2, exclude=True))
    yield Broken("audio_mode", pb.QueryPart(audio={"data": b"x"}, audio_mode=BAD_ENUM))
    yield Broken("audio_mode", pb.QueryPart(text="mug", audio_mode=types_pb2.AUDIO_MODE_SOUND))
    yield Broken("region", pb.QueryPart(text="mug", region=types_pb2.BoundingBox(**BOX)))
    for likeness in (-1.1, 1.1, NAN):
        yield Broken(
            "exclude_similarity", pb.QueryPart(image=picture, exclude=True, exclude_similarity=likeness)
        )
    yield Broken("exclude_similarity", pb.QueryPart(image=picture, exclude_similarity=0.5))
    yield Broken("exclude_similarity", pb.QueryPart(text="mug", exclude=True, exclude_similarity=0.5))
    for kind, cases in (("image", pictures()), ("audio", sounds()), ("vector", vectors())):
        for case in cases:
            yield under(kind, case, pb.QueryPart(**{kind: case.message}))
    for case in regions():
        yield under("region", case, pb.QueryPart(image=picture, region=case.message))


def facets() -> Iterator[Broken]:
    """Yield fields to count by."""
    for field in ("", "a" * 129, "title", "attributes.no_such"):
        yield Broken("field", pb.FacetSpec(field=field))
    for limit in (-1, 301):
        yield Broken("limit", pb.FacetSpec(field="price", limit=limit))
    for bounds in (range(41), [2, 1], [1, 1], [NAN], [math.inf]):
        yield Broken("bounds", pb.FacetSpec(field="price", bounds=bounds))
    yield Broken("bounds", pb.FacetSpec(field="brand", bounds=[1]))


def boost(**fields: Any) -> pb.Boost:
    """Return a boost that is good but for *fields*."""
    source = {} if fields.keys() & {"freshness", "condition"} else {"popularity": {"half": 10}}
    return pb.Boost(**{"name": "popular", "weight": 0.5, **source, **fields})


def boosts() -> Iterator[Broken]:
    """Yield boosts."""
    yield Broken("source", pb.Boost(name="nothing", weight=0.5))
    for name in ("", "a" * 65):
        yield Broken("name", boost(name=name))
    for weight in (0, -1.1, 1.1, NAN):
        yield Broken("weight", boost(weight=weight))
    for half in (0, -1, math.inf, NAN):
        yield Broken("popularity.half", boost(popularity={"half": half}))
    for life in ({}, {"half_life": Duration()}, {"half_life": Duration(seconds=-1)}):
        yield Broken("freshness.half_life", boost(freshness=life))
    for text in ("", "a" * 1025):
        yield Broken("condition", boost(condition=text))
    for text in ("price <", "no_such = 1"):
        yield Broken("condition", boost(condition=text), Reason.FILTER_INVALID)
