"""Recommendations: what is asked, what is answered."""

from google.protobuf.timestamp_pb2 import Timestamp

from gateway.core.recommend.history import CustomerEvent
from gateway.core.recommend.recommender import Customer, Recommendations, Recommended
from gateway.translate.products import product
from gateway.translate.queries import CATALOG_DEFAULT, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX
from triptych.v1 import product_search_service_pb2 as pb
from triptych.vocabulary.choices import EventType

HALF_LIFE_S = 30 * 86_400.0
DIVERSITY_LAMBDA = 0.7
NANOS = 1e9


def customer(request: pb.RecommendProductsRequest) -> Customer:
    """Return for whom recommendations are asked, every default but the time filled in."""
    half_life_s = request.half_life.ToNanoseconds() / NANOS if request.HasField("half_life") else HALF_LIFE_S
    return Customer(
        catalog=request.catalog or CATALOG_DEFAULT,
        events=tuple(
            CustomerEvent(
                event.product_id,
                EventType(event.type),
                seconds(event.time) if event.HasField("time") else None,
            )
            for event in request.events
        ),
        filter=request.filter,
        limit=min(request.page_size or PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX),
        include_bought=request.include_bought,
        half_life_s=half_life_s,
        diversity_lambda=request.diversity_lambda
        if request.HasField("diversity_lambda")
        else DIVERSITY_LAMBDA,
        as_of_s=seconds(request.as_of) if request.HasField("as_of") else None,
    )


def seconds(time: Timestamp) -> float:
    """Return seconds since 1970."""
    return time.seconds + time.nanos / NANOS


def response(found: Recommendations) -> pb.RecommendProductsResponse:
    """Return recommendations as the client sees them."""
    return pb.RecommendProductsResponse(
        results=[recommendation(each) for each in found.results],
        interests=[pb.Interest(product_id=each.product_id, weight=each.share) for each in found.interests],
        events_used=found.events_used,
    )


def recommendation(item: Recommended) -> pb.Recommendation:
    """Return one recommended product."""
    return pb.Recommendation(
        product=product(item.product),
        score=item.score,
        reason=pb.Recommendation.Reason.ValueType(item.why),
        interest=item.interest,
    )
