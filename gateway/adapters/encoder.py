"""The encoder room, as the core's Encoder and Interpreter."""

from collections.abc import Sequence

import grpc

from gateway.core.model.query import Content, Media
from gateway.core.model.vectors import Encoded
from gateway.core.model.words import Description, Transcript
from triptych.internal.v1 import encoder_service_pb2 as pb
from triptych.internal.v1 import encoder_service_pb2_grpc as pb_grpc
from triptych.runtime import wire
from triptych.runtime.channels import call
from triptych.runtime.errors import from_status
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.vectors import Vector


class EncoderRoom:
    """Calls the encoder room over *channel*."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: pb_grpc.EncoderServiceAsyncStub = pb_grpc.EncoderServiceStub(channel)

    async def encode(self, contents: Sequence[Content], *, keep_media: bool = False) -> Encoded:
        """See the port."""
        parts = [encode_part(content) for content in contents]
        request = pb.EncodeRequest(parts=parts, keep_media=keep_media)
        response = await call("encoder", self._stub.Encode, request)
        return Encoded(
            tuple(
                outcome(content, message) for content, message in zip(contents, response.parts, strict=True)
            ),
            tuple(wire.space_of(space) for space in response.spaces),
            tuple(wire.model_of(model) for model in response.models),
            tuple(part.content_id for part in response.parts),
        )

    async def describe(self, image: Media) -> Description:
        """See the port."""
        request = pb.DescribeRequest(image=media_message(image))
        response = await call("encoder", self._stub.Describe, request)
        return Description(response.description, response.confidence, wire.model_of(response.model))

    async def transcribe(self, audio: Media) -> Transcript:
        """See the port."""
        request = pb.TranscribeRequest(audio=media_message(audio))
        response = await call("encoder", self._stub.Transcribe, request)
        slots = dict(sorted(response.slots.items()))
        return Transcript(response.transcript, response.confidence, slots, wire.model_of(response.model))

    async def detect_speech(self, audio: Media) -> float:
        """See the port."""
        request = pb.DetectSpeechRequest(audio=media_message(audio))
        response = await call("encoder", self._stub.DetectSpeech, request)
        return float(response.probability)


def encode_part(content: Content) -> pb.EncodePart:
    """Return a content in its wire form."""
    if content.modality is Modality.TEXT:
        return pb.EncodePart(text=content.text)
    if content.modality is Modality.IMAGE:
        part = image_part(content.media)
        if content.focus.region:
            part.region.CopyFrom(wire.box_message(content.focus.region))
        if content.focus.covered:
            part.covered.CopyFrom(wire.box_message(content.focus.covered))
        return part
    if content.media.content_id:
        return pb.EncodePart(audio_content_id=content.media.content_id)
    return pb.EncodePart(audio=media_message(content.media))


def image_part(media: Media) -> pb.EncodePart:
    """Return a picture in its wire form."""
    if media.content_id:
        return pb.EncodePart(image_content_id=media.content_id)
    return pb.EncodePart(image=media_message(media))


def media_message(media: Media) -> types_pb2.Media:
    """Return a picture or sound in its wire form."""
    return types_pb2.Media(uri=media.uri) if media.uri else types_pb2.Media(data=media.data)


def outcome(content: Content, message: pb.EncodedPart) -> Vector | TriptychError:
    """Return what became of *content*; an error names the field that the content came from."""
    if message.HasField("vector"):
        return wire.vector_of(message.vector)
    error = from_status(message.error)
    # The encoder says "image.data", "text" or "region"; what counts for the client is where that came from.
    name, _, inner = error.field.partition(".")
    if name == "region":
        return error.at(f"{content.field.removesuffix('image')}{error.field}")
    return error.at(f"{content.field}.{inner}" if inner else content.field)
