"""Photos to recognise, and what they show."""

from gateway.core.model.query import Media
from gateway.core.recognise import Guess, Match, Photo, Recognition
from gateway.translate.products import product
from gateway.translate.queries import CATALOG_DEFAULT
from triptych.runtime import wire
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.media import WHOLE, Focus

MATCHES_DEFAULT = 5


def photo(request: search_pb.RecognizeProductRequest) -> Photo:
    """Return what is to be recognised, every default filled in.

    Raises:
        InvalidArgument: REGION_INVALID, the region has no area.
    """
    return Photo(
        request.catalog or CATALOG_DEFAULT,
        Media(request.image.data, request.image.uri),
        Focus(wire.box_of(request.region, "region")) if request.HasField("region") else WHOLE,
        request.matches or MATCHES_DEFAULT,
    )


def response(told: Recognition) -> search_pb.RecognizeProductResponse:
    """Return what a photo shows as the client sees it."""
    return search_pb.RecognizeProductResponse(
        known_probability=told.known,
        nothing_like_it=told.is_nothing_like_it,
        categories=[value(guess) for guess in told.categories],
        attributes={name: value(guess) for name, guess in told.attributes.items()},
        matches=[match(each, told.space) for each in told.matches],
        calibrated=told.calibrated,
    )


def value(guess: Guess) -> search_pb.RecognizedValue:
    """Return a value and its probability."""
    return search_pb.RecognizedValue(value=guess.value, probability=guess.probability)


def match(item: Match, space: SpaceKind) -> search_pb.RecognizedMatch:
    """Return a product that the photo may show; a picture of it is named where pictures were compared."""
    message = search_pb.RecognizedMatch(
        product=product(item.hit.product),
        probability=item.probability,
        similarity=item.hit.similarity or 0.0,
    )
    if space is SpaceKind.IMAGE:
        message.best_view.CopyFrom(search_pb.View(modality=types_pb2.MODALITY_IMAGE, index=item.hit.view))
    return message
