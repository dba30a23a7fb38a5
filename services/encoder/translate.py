"""Between the messages of encoder_service.proto and the core's types."""

from dataclasses import replace

from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.status_pb2 import Status

from services.encoder.core.parts import Media, Part, Text
from triptych.internal.v1.encoder_service_pb2 import EncodedPart, EncodePart
from triptych.runtime import wire
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.media import Focus
from triptych.vocabulary.vectors import Vector


def part_of(message: EncodePart) -> Part:
    """Return the core's form of a part that is valid by the schema.

    Raises:
        InvalidArgument: REGION_INVALID, a region has no area; FIELD_INVALID, it is not one of a picture.
    """
    if message.HasField("image_content_id"):
        return Media(Modality.IMAGE, kept=message.image_content_id, focus=focus_of(message))
    if message.HasField("image"):
        return replace(media_of(Modality.IMAGE, message.image), focus=focus_of(message))
    for field in ("region", "covered"):
        if message.HasField(field):
            raise InvalidArgument("Only a picture has regions.", reason=Reason.FIELD_INVALID, field=field)
    if message.HasField("text"):
        return Text(message.text)
    if message.HasField("audio_content_id"):
        return Media(Modality.AUDIO, kept=message.audio_content_id)
    return media_of(Modality.AUDIO, message.audio)


def focus_of(message: EncodePart) -> Focus:
    """Return what of a picture is to be looked at."""
    return Focus(
        wire.box_of(message.region, "region") if message.HasField("region") else None,
        wire.box_of(message.covered, "covered") if message.HasField("covered") else None,
    )


def media_of(modality: Modality, message: types_pb2.Media) -> Media:
    """Return the core's form of a picture or a sound."""
    if message.HasField("uri"):
        return Media(modality, uri=message.uri)
    return Media(modality, data=message.data)


def vector_message(vector: Vector, content_id: str = "") -> EncodedPart:
    """Return the outcome of a part that was encoded, and under which id its content was kept."""
    return EncodedPart(vector=wire.vector_message(vector.values, vector.space), content_id=content_id)


def error_message(status: Status) -> EncodedPart:
    """Return the outcome of a part that could not be encoded."""
    return EncodedPart(error=status)


def seconds_of(time: Timestamp) -> float:
    """Return the seconds since 1970."""
    return time.seconds + time.nanos / 1e9
