"""Pictures and sounds."""

from gateway.core.model.query import Media
from triptych.runtime import wire
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.media import WHOLE, Focus


def media(message: types_pb2.Media) -> Media:
    """Return a picture or a sound of a client's, who may name no content id: it may be that of another one's picture."""
    return Media(message.data, message.uri)


def stored_media(message: types_pb2.Media) -> Media:
    """Return a picture or a sound of a product that was stored."""
    return Media(uri=message.uri, content_id=message.content_id)


def focus(message: search_pb.QueryPart, field: str) -> Focus:
    """Return what of a part is looked at.

    Raises:
        InvalidArgument: REGION_INVALID, the region has no area; FIELD_INVALID, it is not one of a picture.
    """
    if not message.HasField("region"):
        return WHOLE
    if not message.HasField("image"):
        raise InvalidArgument(
            "Only an image has a region.", reason=Reason.FIELD_INVALID, field=f"{field}.region"
        )
    return Focus(wire.box_of(message.region, f"{field}.region"))
