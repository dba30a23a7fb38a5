"""EncoderService over gRPC: translates; what encoding is stands in core."""

import math
from typing import Any

import grpc

from services.encoder import metrics
from services.encoder.core.describe import PictureDescriber
from services.encoder.core.detect import SoundDetector
from services.encoder.core.encode import PartsEncoder
from services.encoder.core.parts import Outcome, Part
from services.encoder.core.ports import MediaStore
from services.encoder.core.transcribe import SoundTranscriber
from services.encoder.translate import error_message, media_of, part_of, seconds_of, vector_message
from triptych.internal.v1.encoder_service_pb2 import (
    ConfirmMediaRequest,
    ConfirmMediaResponse,
    DescribeRequest,
    DescribeResponse,
    DetectSpeechRequest,
    DetectSpeechResponse,
    EncodedPart,
    EncodePart,
    EncodeRequest,
    EncodeResponse,
    ListMediaRequest,
    ListMediaResponse,
    ListSpacesRequest,
    ListSpacesResponse,
    RemoveMediaRequest,
    RemoveMediaResponse,
    TranscribeRequest,
    TranscribeResponse,
)
from triptych.internal.v1.encoder_service_pb2_grpc import EncoderServiceServicer
from triptych.runtime import wire
from triptych.runtime.errors import to_status
from triptych.runtime.validation import validate
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import TriptychError

MEDIA_PAGE_SIZE = 1000


class EncoderServicer(EncoderServiceServicer):
    """Answers EncoderService."""

    def __init__(
        self,
        encoder: PartsEncoder,
        describer: PictureDescriber,
        transcriber: SoundTranscriber,
        detector: SoundDetector,
        store: MediaStore,
    ) -> None:
        self._store = store
        self._encoder = encoder
        self._describer = describer
        self._transcriber = transcriber
        self._detector = detector

    async def Encode(
        self,
        request: EncodeRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> EncodeResponse:
        """Encode the parts side by side; a part that cannot be encoded carries its own error."""
        parts = [_read(part) for part in request.parts]
        encoding = await self._encoder.encode(parts, keep=request.keep_media)
        metrics.count(parts, encoding.outcomes)
        return EncodeResponse(
            parts=list(map(_outcome_message, encoding.outcomes, encoding.content_ids)),
            spaces=[wire.space_message(facts.space) for facts in encoding.facts],
            models=[wire.model_message(facts.model) for facts in encoding.facts],
        )

    async def Describe(
        self,
        request: DescribeRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> DescribeResponse:
        """Say what a picture shows."""
        described, model = await self._describer.describe(media_of(Modality.IMAGE, request.image))
        return DescribeResponse(
            description=described.text,
            confidence=described.confidence,
            model=wire.model_message(model),
        )

    async def Transcribe(
        self,
        request: TranscribeRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> TranscribeResponse:
        """Write down what is said."""
        heard, model = await self._transcriber.transcribe(media_of(Modality.AUDIO, request.audio))
        return TranscribeResponse(
            transcript=heard.text,
            confidence=heard.confidence,
            slots=heard.slots,
            model=wire.model_message(model),
        )

    async def DetectSpeech(
        self,
        request: DetectSpeechRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> DetectSpeechResponse:
        """Say how probable it is that somebody speaks."""
        probability = await self._detector.detect(media_of(Modality.AUDIO, request.audio))
        return DetectSpeechResponse(probability=probability)

    async def ListMedia(
        self,
        request: ListMediaRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> ListMediaResponse:
        """List what was kept."""
        limit = request.page_size or MEDIA_PAGE_SIZE
        before_s = seconds_of(request.kept_before) if request.HasField("kept_before") else math.inf
        found = await self._store.ids(request.page_token, limit, before_s)
        return ListMediaResponse(content_ids=found, next_page_token=found[-1] if len(found) == limit else "")

    async def RemoveMedia(
        self,
        request: RemoveMediaRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> RemoveMediaResponse:
        """Remove what was kept."""
        removed = await self._store.remove(request.content_ids, seconds_of(request.kept_before))
        return RemoveMediaResponse(removed=removed)

    async def ConfirmMedia(
        self,
        request: ConfirmMediaRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> ConfirmMediaResponse:
        """Let what is named count as kept anew."""
        missing = await self._store.confirm(request.content_ids)
        return ConfirmMediaResponse(missing_ids=sorted(missing))

    async def ListSpaces(
        self,
        request: ListSpacesRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> ListSpacesResponse:
        """Say in which spaces vectors are made."""
        return ListSpacesResponse(spaces=[wire.space_message(space) for space in self._encoder.spaces()])


def _read(message: EncodePart) -> Part | TriptychError:
    """Return the part, or why it is invalid: the runtime leaves parts unchecked, so that one fails alone."""
    try:
        validate(message)
        return part_of(message)
    except TriptychError as error:
        return error


def _outcome_message(outcome: Outcome, content_id: str) -> EncodedPart:
    if isinstance(outcome, TriptychError):
        return error_message(to_status(outcome))
    return vector_message(outcome, content_id)
