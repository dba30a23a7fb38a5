"""How surely speech is told from other sounds: the encoder room's detector over recordings, voices and generated sounds.

    python -m bench.voice_detection [--digits ../shared/data/spoken_digits] [--coffee ../shared/data/coffee_orders_speech]

Speech: spoken digits (single words of a third of a second), coffee orders, clean and in kitchen noise, and the
demonstration's spoken queries ("dev"). Other sounds: the kitchen, noise of three colours, tones, chords, plucked strings
and melodies of them, bells, clicks, engines, sirens, bowed strings and rain, drawn from --seed. Prints a row for each
kind: the share below 0.3, between, and from 0.8 on.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from bench import reporting
from bench.coffee import in_noise, read_orders, sound
from gateway.core.listening import SOUND_BELOW, SPEECH_FROM
from services.encoder.adapters.silero import SileroDetector
from training.demo.queries import queries
from training.demo.voices import VOICES_BY_NAME, speak
from triptych.media.sounds import Waveform

RATE_HZ = 16_000
EACH = 24
SNRS_DB = (12, 6)
Rng = np.random.Generator
Seconds = NDArray[np.float64]


def white(t: Seconds, rng: Rng) -> Seconds:
    """Return noise of any loudness."""
    return rng.standard_normal(t.size) * 10 ** rng.uniform(-2.5, -0.8)


def pink(t: Seconds, rng: Rng) -> Seconds:
    """Return noise whose power falls as 1/f."""
    spectrum = np.fft.rfft(rng.standard_normal(t.size))
    return loud(np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(spectrum.size), 1)), t.size))


def brown(t: Seconds, rng: Rng) -> Seconds:
    """Return noise whose power falls as 1/f²: a distant rumble."""
    wave = np.cumsum(rng.standard_normal(t.size))
    return loud(wave - wave.mean())


def tone(t: Seconds, rng: Rng) -> Seconds:
    """Return a sine."""
    return np.asarray(0.3 * np.sin(2 * np.pi * rng.uniform(80, 3000) * t))


def chord(t: Seconds, rng: Rng) -> Seconds:
    """Return a major chord of tones with overtones."""
    root = rng.uniform(150, 500)
    waves = [np.sin(2 * np.pi * root * r * h * t) / h for r in (1, 1.26, 1.5) for h in range(1, 6)]
    return np.asarray(loud(np.sum(waves, axis=0)) * (1 - np.exp(-20 * t)))


def plucked(t: Seconds, rng: Rng) -> Seconds:
    """Return a plucked string (Karplus and Strong, 1983)."""
    string = rng.uniform(-1, 1, int(RATE_HZ / rng.uniform(80, 440)))
    out = np.empty(t.size)
    for at in range(t.size):
        here = at % string.size
        out[at] = string[here]
        string[here] = 0.498 * (string[here] + string[(at + 1) % string.size])
    return 0.5 * out


def melody(t: Seconds, rng: Rng) -> Seconds:
    """Return plucked strings one after the other."""
    notes = [plucked(t[: int(rng.uniform(0.2, 0.5) * RATE_HZ)], rng) for _ in range(t.size // 3200 + 1)]
    return np.concatenate(notes)[: t.size]


def bell(t: Seconds, rng: Rng) -> Seconds:
    """Return partials that are no overtones and die away."""
    partials = ((523, 1, 2), (1045, 0.6, 3), (1570, 0.4, 4), (2210, 0.25, 5), (2830, 0.2, 6))
    waves = [a * np.sin(2 * np.pi * hz * rng.uniform(0.8, 1.4) * t) * np.exp(-k * t) for hz, a, k in partials]
    return loud(np.sum(waves, axis=0))


def clicks(t: Seconds, rng: Rng) -> Seconds:
    """Return a clock."""
    since = (t % rng.uniform(0.3, 1.0)) * RATE_HZ
    return np.asarray(0.5 * rng.standard_normal(t.size) * np.exp(-since / 20))


def engine(t: Seconds, rng: Rng) -> Seconds:
    """Return many overtones of a low tone, in rumble."""
    hz = rng.uniform(30, 120)
    waves = [np.sin(2 * np.pi * hz * h * t + rng.uniform(0, 6)) / h for h in range(1, 30)]
    return 0.7 * loud(np.sum(waves, axis=0)) + 0.3 * brown(t, rng)


def siren(t: Seconds, rng: Rng) -> Seconds:
    """Return a tone that rises and falls."""
    hz = 600 + 200 * np.sin(2 * np.pi * rng.uniform(0.3, 2) * t)
    return np.asarray(0.3 * np.sin(2 * np.pi * np.cumsum(hz) / RATE_HZ))


def bowed(t: Seconds, rng: Rng) -> Seconds:
    """Return a saw tooth with vibrato."""
    hz = rng.uniform(200, 600) * (1 + 0.01 * np.sin(2 * np.pi * 5.5 * t))
    return np.asarray(0.3 * (2 * (np.cumsum(hz) / RATE_HZ % 1) - 1))


def rain(t: Seconds, rng: Rng) -> Seconds:
    """Return noise that flickers."""
    flicker = np.repeat(rng.uniform(0.3, 1, t.size // 800 + 1), 800)[: t.size]
    return np.asarray(0.1 * rng.standard_normal(t.size) * flicker)


SOUNDS: Sequence[Callable[[Seconds, Rng], Seconds]] = (
    white, pink, brown, tone, chord, plucked, melody, bell, clicks, engine, siren, bowed, rain,
)  # fmt: skip


def loud(wave: Seconds) -> Seconds:
    """Return *wave* with a peak of one half."""
    return np.asarray(wave / np.abs(wave).max() / 2)


def generated(seed: int) -> dict[str, list[Waveform]]:
    """Return sounds of half a second to five, by kind."""
    found = {}
    for kind, make in enumerate(SOUNDS):
        rngs = (np.random.default_rng([seed, kind, at]) for at in range(EACH))
        found[make.__name__] = [
            make(np.arange(int(rng.uniform(0.5, 5) * RATE_HZ)) / RATE_HZ, rng).astype(np.float32)
            for rng in rngs
        ]
    return found


def recorded(digits: Path, coffee: Path, seed: int) -> dict[str, list[Waveform]]:
    """Return the recordings by kind."""
    kitchen = sound(coffee / "noise" / "kitchen.flac")
    orders = [sound(coffee / "speech" / "clean" / order.name) for order in read_orders(coffee)[::4]]
    rng = np.random.default_rng(seed)
    pieces = [int(start) for start in np.linspace(0, kitchen.size - 6 * RATE_HZ, 60)]
    return {
        "digits": [at_16_khz(path) for path in sorted((digits / "recordings").glob("*.wav"))],
        "orders": orders,
        **{f"orders, {snr} dB": [in_noise(each, kitchen, snr, rng) for each in orders] for snr in SNRS_DB},
        "kitchen": [kitchen[start : start + int(rng.uniform(1, 6) * RATE_HZ)] for start in pieces],
    }


def at_16_khz(path: Path) -> Waveform:
    """Return the sound in *path*."""
    wave, rate_hz = soundfile.read(path, dtype="float32")
    return np.asarray(soxr.resample(wave, rate_hz, RATE_HZ), np.float32)


def spoken() -> list[Waveform]:
    """Return the demonstration's spoken queries."""
    return [speak(query.text, VOICES_BY_NAME[query.voice]) for query in queries("dev", "voice", 60)]


async def probabilities(kinds: Mapping[str, Sequence[Waveform]]) -> dict[str, list[float]]:
    """Return the probability of speech of every sound."""
    with ThreadPoolExecutor(1) as threads:
        detector = SileroDetector(threads)
        return {kind: [await detector.probability(wave) for wave in waves] for kind, waves in kinds.items()}


def main() -> None:
    """Measure and print."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--digits", type=Path, default=Path("../shared/data/spoken_digits"))
    parser.add_argument("--coffee", type=Path, default=Path("../shared/data/coffee_orders_speech"))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    kinds = {
        **recorded(arguments.digits, arguments.coffee, arguments.seed),
        "synthetic voices": spoken(),
        **generated(arguments.seed),
    }
    table = Table("sound", "count", f"below {SOUND_BELOW}", "between", f"from {SPEECH_FROM}")
    for kind, found in asyncio.run(probabilities(kinds)).items():
        below, above = (sum(test(each) for each in found) / len(found) for test in (is_sound, is_speech))
        table.add_row(kind, str(len(found)), f"{below:.2f}", f"{abs(1 - below - above):.2f}", f"{above:.2f}")
    Console().print(table)


def is_sound(probability: float) -> bool:
    """Return whether nobody is taken to speak."""
    return probability < SOUND_BELOW


def is_speech(probability: float) -> bool:
    """Return whether somebody surely speaks."""
    return probability >= SPEECH_FROM


if __name__ == "__main__":
    main()
