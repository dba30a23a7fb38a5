"""Sounds as passes hear them: brought to one loudness, with a noise floor, a little faster or slower."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr

from training.speech.heard import Wave

RATE_HZ = 16_000
_LOUDNESS = 0.1
_LOUD_PERCENTILE = 95
_FRAME_SAMPLES = 400
_SEED = 1
_NO_SOUND_RMS = 1e-6


@dataclass(frozen=True)
class Pass:
    """One way to listen.

    Args:
        noise_floor: RMS of the noise that is added, where loud speech has 0.1.
        speed: how much faster the sound is played; pitch changes with it, so that it also makes another speaker.
    """

    noise_floor: float = 1e-3
    speed: float = 1.0


def takes(wave: Wave, passes: Sequence[Pass]) -> list[Wave]:
    """Return *wave* as each of *passes* hears it; nothing of silence."""
    loudness = _loudness(wave)
    if loudness < _NO_SOUND_RMS:
        return []
    level = wave * np.float32(_LOUDNESS / loudness)
    return [_varied(level, each) for each in passes]


def _loudness(wave: Wave) -> float:
    """Return the RMS of the loud parts of *wave*."""
    whole = wave[: wave.size // _FRAME_SAMPLES * _FRAME_SAMPLES] if wave.size >= _FRAME_SAMPLES else wave
    frames = whole.reshape(-1, min(_FRAME_SAMPLES, max(whole.size, 1))).astype(np.float64)
    return float(np.percentile(np.sqrt((frames**2).mean(axis=1)), _LOUD_PERCENTILE)) if whole.size else 0.0


def _varied(wave: Wave, how: Pass) -> Wave:
    if how.speed != 1:
        wave = soxr.resample(wave, RATE_HZ * how.speed, RATE_HZ)
    noise = np.random.default_rng(_SEED).standard_normal(wave.size)
    return np.asarray(wave + noise * how.noise_floor, np.float32)
