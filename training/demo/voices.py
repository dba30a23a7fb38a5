"""Synthetic voices: eSpeak NG through ctypes, one utterance at a time."""

from __future__ import annotations

import _ctypes
import ctypes
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

import espeakng_loader
import numpy as np
import soxr
from numpy.typing import NDArray

Wave = NDArray[np.float32]

SAMPLE_RATE_HZ = 16_000
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_CHARS_UTF8 = 1
_PARAMETER_RATE = 1
_PARAMETER_PITCH = 3
_POSITION_CHARACTER = 1
_PEAK = 0.7
_NOISE_SEED = 1


@dataclass(frozen=True)
class Voice:
    """One speaker; *espeak* is eSpeak NG's name: language, then a variant of the speaker after the plus sign."""

    name: str
    language: str
    espeak: str


def _english(*espeak: str) -> tuple[Voice, ...]:
    return tuple(Voice(name.replace("+", "-"), "en", name) for name in espeak)


VOICES: tuple[Voice, ...] = (
    *_english("en-us", "en-us+f2", "en-us+f3", "en-us+m3", "en-us+m7", "en-us+Alicia", "en-us+Michael"),
    *_english("en", "en+f1", "en+f4", "en+m1", "en+m5", "en+linda", "en+Andy"),
    *_english("en-gb-scotland", "en-gb-scotland+f2", "en-gb-x-rp", "en-gb-x-rp+f5", "en-gb-x-gbcwmd+m4"),
    Voice("cmn", "zh", "cmn"),
    Voice("cmn-f2", "zh", "cmn+f2"),
    Voice("cmn-m3", "zh", "cmn+m3"),
    Voice("cmn-f4", "zh", "cmn+f4"),
)
VOICES_BY_NAME: Mapping[str, Voice] = MappingProxyType({voice.name: voice for voice in VOICES})

_lock = threading.Lock()
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@contextmanager
def _library() -> Iterator[ctypes.CDLL]:
    """Load eSpeak NG and unload it again.

    Its pitch flutter and noise go on from the last utterance in static variables that no call resets. Only a freshly
    loaded library says the same text with the same samples each time; it costs about 6 ms.
    """
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    try:
        yield library
        library.espeak_Terminate()
    finally:
        _ctypes.dlclose(library._handle)  # noqa: SLF001 - ctypes has no public way to unload


def _synthesise(text: str, voice: Voice, rate_wpm: int, pitch: int) -> tuple[NDArray[np.int16], int]:
    """Return samples and their rate in Hz."""
    chunks: list[NDArray[np.int16]] = []

    def receive(samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int | None) -> int:
        if samples and count > 0:
            chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    callback = _Callback(receive)
    with _library() as library:
        rate_hz = int(
            library.espeak_Initialize(
                _AUDIO_OUTPUT_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0
            )
        )
        if rate_hz <= 0:
            raise RuntimeError("eSpeak NG did not start: is its data folder complete?")
        # Breathy voices draw noise from a generator that espeak_Initialize seeds with the time of day.
        library.espeak_ng_SetRandSeed(ctypes.c_long(_NOISE_SEED))
        library.espeak_SetSynthCallback(callback)
        if library.espeak_SetVoiceByName(voice.espeak.encode()) != 0:
            raise ValueError(f"eSpeak NG has no voice {voice.espeak!r}")
        library.espeak_SetParameter(_PARAMETER_RATE, rate_wpm, 0)
        library.espeak_SetParameter(_PARAMETER_PITCH, pitch, 0)
        words = text.encode()
        size = ctypes.c_size_t(len(words) + 1)
        library.espeak_Synth(words, size, 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None)
    return np.concatenate([np.zeros(0, np.int16), *chunks]), rate_hz


def speak(text: str, voice: Voice, *, rate_wpm: int = 165, pitch: int = 50) -> Wave:
    """Say *text* and return mono samples (n,), float32 in -1..1 at 16 kHz.

    *rate_wpm* is 80..450 words a minute, *pitch* is 0..99. Raises ValueError when there is nothing to say.
    """
    with _lock:
        samples, rate_hz = _synthesise(text, voice, rate_wpm, pitch)
    peak = int(np.abs(samples.astype(np.int32)).max(initial=0))
    if peak == 0:
        raise ValueError(f"nothing to say in {text!r}")
    wave = soxr.resample(samples.astype(np.float32) * np.float32(_PEAK / peak), rate_hz, SAMPLE_RATE_HZ)
    return np.asarray(wave, np.float32)


def perturb(wave: Wave, rng: np.random.Generator) -> Wave:
    """Return *wave* as another microphone might have heard it: speed, gain, silence before and after, noise."""
    speed = rng.uniform(0.92, 1.08)
    length = int(len(wave) / speed)
    faster = np.interp(np.arange(length) * speed, np.arange(len(wave)), wave)
    silence = rng.integers(0, int(0.3 * SAMPLE_RATE_HZ), 2)
    padded = np.pad(faster, tuple(silence.tolist())) * rng.uniform(0.35, 1.3)
    noise = rng.standard_normal(len(padded)) * 10 ** rng.uniform(-4.0, -2.2)
    return np.clip(padded + noise, -1, 1).astype(np.float32)
