"""Sounds as other rooms, voices and microphones would give them.

Sounds are float32 [S], mono in [-1, 1]; the same generator state gives the same samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

Wave = NDArray[np.float32]
Range = tuple[float, float]

# Below this, in RMS, there is nothing that noise could stand in a ratio to.
_SILENCE = 1e-7
# A reverberation has died away when it is 60 dB down: the definition of RT60 (ISO 3382).
_DECAY = np.log(10 ** (60 / 20))


@dataclass(frozen=True)
class SoundOptions:
    """How much sounds vary. *speed*, *reverberation* and *noise* are probabilities.

    Args:
        speed: of playing faster or slower, which also changes the pitch.
        speed_factor: above 1 is faster.
        reverberation: of a room.
        reverberation_s: the room's RT60, in seconds.
        noise: of noise, white or one of those given.
        snr_db: ratio of sound to noise, in decibels.
    """

    speed: float = 0.5
    speed_factor: Range = (0.9, 1.1)
    reverberation: float = 0.3
    reverberation_s: Range = (0.1, 0.6)
    noise: float = 0.5
    snr_db: Range = (5.0, 25.0)


DEFAULT = SoundOptions()
UNCHANGED = SoundOptions(speed=0, reverberation=0, noise=0)


def varied(
    wave: Wave,
    rng: np.random.Generator,
    rate_hz: int,
    options: SoundOptions = DEFAULT,
    *,
    noises: Sequence[Wave] = (),
    impulses: Sequence[Wave] = (),
) -> Wave:
    """Return *wave* at another speed, in a room, with noise, each by chance.

    Args:
        wave: [S]; only the speed changes its length.
        rng: what is drawn from.
        rate_hz: of the wave, the noises and the impulse responses.
        options: how much.
        noises: recordings to draw from; none: white noise.
        impulses: impulse responses of rooms to draw from; none: synthetic ones.
    """
    if rng.random() < options.speed:
        wave = at_speed(wave, rng.uniform(*options.speed_factor), rate_hz)
    if rng.random() < options.reverberation:
        wave = reverberant(wave, _impulse(rng, rate_hz, options, impulses))
    if rng.random() < options.noise:
        noise = noises[rng.integers(len(noises))] if noises else white_noise(rng, wave.size)
        wave = with_noise(wave, looped(noise, wave.size, rng), rng.uniform(*options.snr_db))
    return wave


def _impulse(rng: np.random.Generator, rate_hz: int, options: SoundOptions, impulses: Sequence[Wave]) -> Wave:
    if impulses:
        return impulses[rng.integers(len(impulses))]
    return room_impulse(rng, rate_hz, rng.uniform(*options.reverberation_s))


def white_noise(rng: np.random.Generator, samples: int) -> Wave:
    """Return Gaussian noise [samples] of RMS 0.1."""
    return rng.normal(0, 0.1, samples).astype(np.float32)


def looped(noise: Wave, samples: int, rng: np.random.Generator) -> Wave:
    """Return [samples] of *noise* from a drawn place on, repeated where it is too short."""
    start = int(rng.integers(noise.size))
    return np.resize(np.roll(noise, -start), samples)


def with_noise(wave: Wave, noise: Wave, snr_db: float) -> Wave:
    """Return *wave* plus *noise* [S] scaled so that the ratio of their mean powers is *snr_db*.

    Where the sum goes beyond [-1, 1], all of it is made quieter, which keeps the ratio. Silence stays as it is.
    """
    sound_rms, noise_rms = _rms(wave), _rms(noise)
    if min(sound_rms, noise_rms) < _SILENCE:
        return wave
    gain = sound_rms / noise_rms * 10 ** (-snr_db / 20)
    return within_full_scale(wave + np.float32(gain) * noise)


def at_speed(wave: Wave, factor: float, rate_hz: int) -> Wave:
    """Return *wave* played *factor* times as fast: [S / factor] samples, pitch *factor* times as high."""
    played = soxr.resample(wave, rate_hz * factor, rate_hz)
    return np.asarray(np.clip(played, -1, 1), np.float32)


def room_impulse(rng: np.random.Generator, rate_hz: int, rt60_s: float) -> Wave:
    """Return the impulse response of a synthetic room: the direct sound, then noise that decays by 60 dB in *rt60_s*.

    Exponentially decaying noise is Polack's model of late reverberation (1988).
    """
    times_s = np.arange(1, max(2, int(rt60_s * rate_hz))) / rate_hz
    tail = rng.normal(0, 1, times_s.size) * np.exp(-_DECAY * times_s / rt60_s)
    # As much energy in the tail as in the direct sound: a listener a few steps away.
    return np.append([1.0], tail / np.sqrt(np.sum(tail**2))).astype(np.float32)


def reverberant(wave: Wave, impulse: Wave) -> Wave:
    """Return *wave* as heard in the room of *impulse*: as long and as loud as before."""
    size = wave.size + impulse.size - 1
    # A power of two, since some lengths make the Fourier transform slow.
    padded = 1 << (size - 1).bit_length()
    heard = np.fft.irfft(np.fft.rfft(wave, padded) * np.fft.rfft(impulse, padded), padded)[: wave.size]
    rms = _rms(heard)
    if rms < _SILENCE:
        return wave
    return within_full_scale((heard * (_rms(wave) / rms)).astype(np.float32))


def within_full_scale(wave: Wave) -> Wave:
    """Return *wave*, made quieter where it goes beyond [-1, 1]."""
    peak = np.abs(wave).max(initial=0)
    return wave / peak if peak > 1 else wave


def _rms(wave: NDArray[np.floating[Any]]) -> float:
    return float(np.sqrt(np.mean(np.square(wave, dtype=np.float64)))) if wave.size else 0.0


@dataclass(frozen=True)
class SpectrumOptions:
    """How many bands and stretches of time SpecAugment hides, and how large each may be, as a part of the whole."""

    bands: int = 2
    band_share_max: float = 0.15
    stretches: int = 2
    stretch_share_max: float = 0.1


def spec_augment(
    spectrum: NDArray[np.floating[Any]],
    rng: np.random.Generator,
    options: SpectrumOptions = SpectrumOptions(),
) -> NDArray[np.floating[Any]]:
    """Return a copy of *spectrum* [bands, frames] with bands and stretches of time hidden behind its mean.

    Park et al., "SpecAugment" (Interspeech 2019), without the time warping, which they found to matter least.
    """
    hidden = spectrum.copy()
    if not spectrum.size:
        return hidden
    filling = spectrum.mean(dtype=np.float64)
    for _ in range(options.bands):
        hidden[_stretch(rng, spectrum.shape[0], options.band_share_max)] = filling
    for _ in range(options.stretches):
        hidden[:, _stretch(rng, spectrum.shape[1], options.stretch_share_max)] = filling
    return hidden


def _stretch(rng: np.random.Generator, size: int, share_max: float) -> slice:
    width = int(rng.integers(int(share_max * size) + 1))
    start = int(rng.integers(size - width + 1))
    return slice(start, start + width)
