"""Speech to text: a sound in, what was said and meant out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from services.encoder.core.admission import Admission
from services.encoder.core.facts import SpeechFacts
from services.encoder.core.media import MediaPreparer
from services.encoder.core.parts import Media
from services.encoder.core.ports import Waveform
from triptych.vocabulary.errors import FailedPrecondition, Reason
from triptych.vocabulary.vectors import ModelVersion


@dataclass(frozen=True)
class Heard:
    """What was said, "" where nothing was understood; how sure, 0 to 1; what of it has a name: slot → value."""

    text: str
    confidence: float
    slots: Mapping[str, str]


class Transcriber(Protocol):
    """Writes down what is said."""

    async def facts(self) -> SpeechFacts | None:
        """Ask the model what it is; None when there is none.

        Raises:
            Unavailable, DeadlineExceeded: what serves models does not answer.
        """
        ...

    async def transcribe(self, wave: Waveform) -> Heard:
        """Return what is said in *wave*.

        Raises:
            Unavailable, DeadlineExceeded, Internal: the model does not answer, or fails.
        """
        ...


class SoundTranscriber:
    """Gets, decodes and transcribes sounds; at most *sounds_max* at once over all requests."""

    def __init__(
        self, transcriber: Transcriber, preparer: MediaPreparer[SpeechFacts, Waveform], sounds_max: int
    ) -> None:
        self._transcriber = transcriber
        self._preparer = preparer
        self._admission = Admission(sounds_max)

    async def transcribe(self, sound: Media) -> tuple[Heard, ModelVersion]:
        """Return what is said in *sound*, and the model that listened.

        Raises:
            FailedPrecondition: MODEL_NOT_SERVED, the pack has no model that transcribes.
            InvalidArgument: the sound cannot be read, or breaks a limit; names the field.
            ResourceExhausted: too many sounds are being worked on.
            Unavailable, DeadlineExceeded, Internal: the model does not answer, or fails.
        """
        with self._admission.admit(1):
            # Asked each time: the answer costs a hundredth of the listening, and a pack may have been changed.
            facts = await self._transcriber.facts()
            if facts is None:
                raise not_served()
            wave = await self._preparer.prepare(sound, facts)
            return await self._transcriber.transcribe(wave), facts.model


def not_served() -> FailedPrecondition:
    """Return the error for a pack without a transcriber."""
    return FailedPrecondition(
        "The pack that is served has no model that transcribes; `triptych speech` adds one.",
        reason=Reason.MODEL_NOT_SERVED,
        metadata={"model": "transcriber"},
    )
