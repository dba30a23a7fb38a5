"""Pictures and sounds."""

from gateway.core.model import Media
from triptych.v1 import types_pb2


def media(message: types_pb2.Media) -> Media:
    """Return a picture or a sound."""
    return Media(message.data, message.uri)
