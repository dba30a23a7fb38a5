"""Sounds of any kind through libsndfile and soxr to the mono waveform that a model takes."""

import io

import numpy as np
import soundfile
import soxr

from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError
from triptych.vocabulary.vectors import Floats

Waveform = Floats
"""A sound as a model takes it: (samples,), mono, in [-1, 1], at the model's rate."""

FORMATS = frozenset({"WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3"})
SECONDS_MIN = 0.1
# Codecs pad: a sound of exactly the longest duration may come out a little longer, and is cut.
_PADDING_S = 0.1

# What a header may claim. Beyond it no real recording lies, only a way to have much computed for few bytes.
_RATES_HZ = range(1_000, 384_001)
_CHANNELS_MAX = 32
# So libsndfile says that a header names no length, as that of a FLAC file which was written into a pipe.
_FRAMES_UNKNOWN = 2**63 - 1
_BLOCK_SAMPLES = 1 << 18


def decode_sound(data: bytes, *, rate_hz: int, seconds_max: float, silence_dbfs: float) -> Waveform:
    """Return the sound in *data* at *rate_hz*, channels averaged: SECONDS_MIN to *seconds_max* long.

    Decodes WAV, FLAC, OGG (Vorbis, Opus) and MP3 whose root mean square is above *silence_dbfs*.

    Raises:
        InvalidArgument: AUDIO_UNREADABLE, AUDIO_TOO_LONG, AUDIO_TOO_SHORT or AUDIO_SILENT.
    """
    mono, recorded_hz = decode_mono(data, seconds_max, silence_dbfs)
    try:
        return resampled(mono, recorded_hz, rate_hz, seconds_max)
    except Exception as error:
        raise unreadable() from error


def decode_mono(data: bytes, seconds_max: float, silence_dbfs: float) -> tuple[Waveform, int]:
    """Return the sound in *data* as it was recorded, channels averaged, and its rate in Hz.

    Raises:
        InvalidArgument: as for `decode_sound`.
    """
    try:
        mono, rate_hz = read_mono(data, seconds_max)
        check(mono, rate_hz, silence_dbfs)
        return mono, rate_hz
    except TriptychError:
        raise
    except Exception as error:
        # Over a broken file soundfile raises LibsndfileError, ValueError, TypeError and more.
        raise unreadable() from error


def check(mono: Waveform, rate_hz: int, silence_dbfs: float) -> None:
    """Refuse what is empty, no numbers, too short or silent."""
    if not mono.size or not np.isfinite(mono).all():
        raise unreadable()
    if mono.size < SECONDS_MIN * rate_hz:
        raise InvalidArgument(
            f"A sound lasts at least {SECONDS_MIN} seconds.",
            reason=Reason.AUDIO_TOO_SHORT,
            metadata={"seconds_min": str(SECONDS_MIN)},
        )
    # In float64, since squares of absurd but finite samples overflow float32.
    if np.sqrt(np.mean(np.square(mono, dtype=np.float64))) < 10 ** (silence_dbfs / 20):
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
    with _Forward(io.BytesIO(data)) as file:
        if file.format not in FORMATS or file.samplerate not in _RATES_HZ or file.channels > _CHANNELS_MAX:
            raise unreadable()
        frames_max = int((seconds_max + _PADDING_S) * file.samplerate)
        if frames_max < file.frames < _FRAMES_UNKNOWN:
            raise too_long(seconds_max)
        blocks = [np.zeros(0, np.float32)]
        frames = 0
        while (block := _block(file)).size:
            blocks.append(block)
            frames += block.size
            if frames > frames_max:
                raise too_long(seconds_max)
        return np.concatenate(blocks), file.samplerate


class _Forward(soundfile.SoundFile):  # type: ignore[misc]  # it has no types
    """Read from front to back: after each block soundfile would seek to where it is, which not every file can bear."""

    def seekable(self) -> bool:
        """Return False."""
        return False


def _block(file: soundfile.SoundFile) -> Waveform:
    """Return the next few frames as mono; none at the end."""
    frames = file.read(_BLOCK_SAMPLES // file.channels, dtype="float32", always_2d=True)
    mono: Waveform = frames.mean(axis=1, dtype=np.float32) if frames.shape[1] > 1 else frames[:, 0]
    return mono


def resampled(mono: Waveform, rate_hz: int, to_hz: int, seconds_max: float) -> Waveform:
    """Return *mono* at the rate *to_hz*, in [-1, 1], cut to the longest that the model takes."""
    # Samples beyond full scale occur in float files; the model is made for [-1, 1].
    peak = np.abs(mono).max()
    scaled = mono / peak if peak > 1 else mono
    wave = soxr.resample(scaled, rate_hz, to_hz)
    return np.asarray(wave[: int(seconds_max * to_hz)], np.float32)
