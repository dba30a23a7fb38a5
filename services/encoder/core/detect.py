"""Whether somebody speaks in a sound: a sound in, a probability out. No model server is asked."""

from dataclasses import dataclass
from typing import Protocol

from services.encoder.core.admission import Admission
from services.encoder.core.media import MediaPreparer
from services.encoder.core.parts import Media
from services.encoder.core.ports import Waveform


@dataclass(frozen=True)
class VoiceForm:
    """How the detector takes its sounds: 16 kHz, and as long as the API allows."""

    sample_rate_hz: int = 16_000
    seconds_max: float = 30.0


class VoiceDetector(Protocol):
    """Tells speech from other sounds."""

    async def probability(self, wave: Waveform) -> float:
        """Return the probability, 0 to 1, that somebody speaks in *wave*, which has the form `VoiceForm`."""
        ...


class SoundDetector:
    """Gets and decodes sounds and looks for speech in them; at most *sounds_max* at once over all requests."""

    def __init__(
        self, detector: VoiceDetector, preparer: MediaPreparer[VoiceForm, Waveform], sounds_max: int
    ) -> None:
        self._detector = detector
        self._preparer = preparer
        self._admission = Admission(sounds_max)

    async def detect(self, sound: Media) -> float:
        """Return the probability, 0 to 1, that somebody speaks in *sound*.

        Raises:
            InvalidArgument: the sound cannot be read, or breaks a limit; names the field.
            ResourceExhausted: too many sounds are being worked on.
        """
        with self._admission.admit(1):
            wave = await self._preparer.prepare(sound, VoiceForm())
            return await self._detector.probability(wave)
