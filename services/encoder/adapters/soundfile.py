"""Sounds of any kind through libsndfile and soxr to the mono waveform that a model takes."""

from services.encoder.core.facts import SoundForm
from services.encoder.core.ports import Waveform
from triptych.media.sounds import decode_sound
from triptych.vocabulary.media import WHOLE, Focus


class SoundfileDecoder:
    """Decodes WAV, FLAC, OGG (Vorbis, Opus) and MP3 that is louder than *silence_dbfs*."""

    def __init__(self, silence_dbfs: float) -> None:
        self._silence_dbfs = silence_dbfs

    def decode(self, data: bytes, facts: SoundForm, _focus: Focus = WHOLE) -> Waveform:
        """Return the sound at facts.sample_rate_hz, channels averaged: SECONDS_MIN to facts.seconds_max long.

        A sound is always taken whole.

        Raises:
            InvalidArgument: AUDIO_UNREADABLE, AUDIO_TOO_LONG, AUDIO_TOO_SHORT or AUDIO_SILENT.
        """
        return decode_sound(
            data,
            rate_hz=facts.sample_rate_hz,
            seconds_max=facts.seconds_max,
            silence_dbfs=self._silence_dbfs,
        )
