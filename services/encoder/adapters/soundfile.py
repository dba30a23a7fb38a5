"""Sounds of any kind through libsndfile and soxr to the mono waveform that a model takes."""

import io

import numpy as np
import soundfile
import soxr

from services.encoder.core.facts import AudioFacts
from services.encoder.core.ports import Waveform
from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError

FORMATS = frozenset({"WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3"})
SECONDS_MIN = 0.1
# Codecs pad: a sound of exactly the longest duration may come out a little longer, and is cut.
_PADDING_S = 0.1

# What a header may claim. Beyond it no real recording lies, only a way to have much computed for few bytes.
_RATES_HZ = range(1_000, 384_001)
_CHANNELS_MAX = 32
_BLOCK_SAMPLES = 1 << 18


class SoundfileDecoder:
    """Decodes WAV, FLAC, OGG (Vorbis, Opus) and MP3 that is louder than *silence_dbfs*."""

    def __init__(self, silence_dbfs: float) -> None:
        self._silence_rms = 10 ** (silence_dbfs / 20)

    def decode(self, data: bytes, facts: AudioFacts) -> Waveform:
        """Return the sound at facts.sample_rate_hz, channels averaged: SECONDS_MIN to facts.seconds_max long.

        Raises:
            InvalidArgument: AUDIO_UNREADABLE, AUDIO_TOO_LONG, AUDIO_TOO_SHORT or AUDIO_SILENT.
        """
        try:
            mono, rate_hz = read_mono(data, facts.seconds_max)
            self._check(mono, rate_hz)
            return resampled(mono, rate_hz, facts)
        except TriptychError:
            raise
        except Exception as error:
            # Over a broken file soundfile raises LibsndfileError, ValueError, TypeError and more.
            raise unreadable() from error

    def _check(self, mono: Waveform, rate_hz: int) -> None:
        if not mono.size or not np.isfinite(mono).all():
            raise unreadable()
        if mono.size < SECONDS_MIN * rate_hz:
            raise InvalidArgument(
                f"A sound lasts at least {SECONDS_MIN} seconds.",
                reason=Reason.AUDIO_TOO_SHORT,
                metadata={"seconds_min": str(SECONDS_MIN)},
            )
        # In float64, since squares of absurd but finite samples overflow float32.
        if np.sqrt(np.mean(np.square(mono, dtype=np.float64))) < self._silence_rms:
            raise InvalidArgument("The sound is silence.", reason=Reason.AUDIO_SILENT)


def unreadable() -> InvalidArgument:
    """Return the error for what is no sound, or a broken one."""
    return InvalidArgument(
        "The file is not a readable WAV, FLAC, OGG or MP3 sound.", reason=Reason.AUDIO_UNREADABLE
    )


def too_long(seconds_max: float) -> InvalidArgument:
    """Return the error for a sound of more than *seconds_max* seconds."""
    return InvalidArgument(
        f"A sound lasts at most {seconds_max:g} seconds.",
        reason=Reason.AUDIO_TOO_LONG,
        metadata={"seconds_max": f"{seconds_max:g}"},
    )


def read_mono(data: bytes, seconds_max: float) -> tuple[Waveform, int]:
    """Return the average of the channels, (frames,), and its rate in Hz.

    The length that the header claims can refuse the sound, but never decides how much is read or allocated.
    """
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        if file.format not in FORMATS or file.samplerate not in _RATES_HZ or file.channels > _CHANNELS_MAX:
            raise unreadable()
        frames_max = int((seconds_max + _PADDING_S) * file.samplerate)
        if file.frames > frames_max:
            raise too_long(seconds_max)
        blocks = [np.zeros(0, np.float32)]
        frames = 0
        while (block := _block(file)).size:
            blocks.append(block)
            frames += block.size
            if frames > frames_max:
                raise too_long(seconds_max)
        return np.concatenate(blocks), file.samplerate


def _block(file: soundfile.SoundFile) -> Waveform:
    """Return the next few frames as mono; none at the end."""
    frames = file.read(_BLOCK_SAMPLES // file.channels, dtype="float32", always_2d=True)
    mono: Waveform = frames.mean(axis=1, dtype=np.float32) if frames.shape[1] > 1 else frames[:, 0]
    return mono


def resampled(mono: Waveform, rate_hz: int, facts: AudioFacts) -> Waveform:
    """Return *mono* at the model's rate, in [-1, 1], cut to the model's longest."""
    # Samples beyond full scale occur in float files; the model is made for [-1, 1].
    peak = np.abs(mono).max()
    scaled = mono / peak if peak > 1 else mono
    wave = soxr.resample(scaled, rate_hz, facts.sample_rate_hz)
    return np.asarray(wave[: int(facts.seconds_max * facts.sample_rate_hz)], np.float32)
