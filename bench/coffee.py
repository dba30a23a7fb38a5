"""Spoken coffee orders understood: every labelled slot right, clean and in kitchen noise.

    python -m bench.coffee [--data ../shared/data/coffee_orders_speech] [--snr 24 21 18 15 12 9 6] [--processes 2] [--part all]

The transcriber is written from the data's grammar as `triptych speech` writes it for a pack, loaded as Triton loads it,
and hears every utterance. An order counts when each slot of its label has the label's words; that is how the published
figures were counted. Noise is mixed as for those: the loudest 2048 samples of speech stand --snr decibels above the
loudest of the noise (github.com/Picovoice/speech-to-intent-benchmark). Where the noise begins is drawn by --seed.

Settings were chosen on the utterances of part "tuned" (by a hash of the name); "held out" had no say in them.
Prints a table and writes bench/out/coffee.json.
"""

import argparse
import hashlib
import json
import multiprocessing
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from rich.console import Console
from rich.table import Table

from bench import reporting
from training.speech.heard import Recogniser, Wave
from training.speech.slot_grammar import read_slot_grammar
from training.speech.transcriber import load_transcriber
from training.speech.write import write_grammar_transcriber
from training.triton_config import VERSION_FOLDER

DATA = Path("../shared/data/coffee_orders_speech")
GRAMMAR = "grammar_coffee_maker.yaml"
SNRS_DB = (24, 21, 18, 15, 12, 9, 6)
# Means over 6 to 24 dB, as published with the data.
PUBLISHED = {"Rhino": 0.976, "LUIS": 0.899, "Watson": 0.868, "Lex": 0.847, "Dialogflow": 0.776}
OUT = Path(__file__).parent / "out" / "coffee.json"
_ENERGY_SAMPLES = 2048
_PEAK = 0.5


@dataclass(frozen=True)
class Order:
    """One utterance, and the slots that it fills."""

    name: str
    slots: Mapping[str, str]

    @property
    def tuned(self) -> bool:
        """Whether settings were chosen on it."""
        return hashlib.sha256(self.name.encode()).digest()[0] % 2 == 0


@dataclass(frozen=True)
class Outcome:
    """What became of an order: whether it was understood, how sure the transcriber was, how long it took."""

    order: Order
    right: bool
    confidence: float
    seconds: float


def read_orders(data: Path) -> list[Order]:
    """Return the utterances of *data*, sorted by name."""
    labels = json.loads((data / "label.json").read_text("utf-8"))
    return [
        Order(name, {slot: " ".join(words.split()) for slot, words in label["slots"].items()})
        for name, label in sorted(labels.items())
    ]


def in_noise(speech: Wave, noise: Wave, snr_db: float, rng: np.random.Generator) -> Wave:
    """Return *speech* with a random piece of *noise*, *snr_db* between the loudest pieces of both; peak 0.5."""
    start = int(rng.integers(0, noise.size - speech.size))
    piece = noise[start : start + speech.size]
    scale = np.sqrt(loudest(speech) / (loudest(piece) * 10 ** (snr_db / 10)))
    mixed = speech + scale * piece
    return np.asarray(mixed * _PEAK / np.abs(mixed).max(), np.float32)


def loudest(wave: Wave) -> float:
    """Return the largest energy of 2048 samples in a row."""
    frames = wave[: wave.size // _ENERGY_SAMPLES * _ENERGY_SAMPLES].reshape(-1, _ENERGY_SAMPLES)
    return float((frames.astype(np.float64) ** 2).sum(axis=1).max())


@cache
def recogniser(folder: Path) -> Recogniser:
    """Return the transcriber in *folder*, loaded once in a process."""
    return load_transcriber(folder)


@cache
def kitchen(data: Path) -> Wave:
    """Return the noise."""
    return sound(data / "noise" / "kitchen.flac")


def sound(path: Path) -> Wave:
    """Return the samples in *path*."""
    return np.asarray(soundfile.read(path, dtype="float32")[0])


def heard(order: Order, data: Path, folder: Path, snr_db: int | None, seed: int) -> Outcome:
    """Let the transcriber in *folder* hear *order*; clean when *snr_db* is None."""
    wave = sound(data / "speech" / "clean" / order.name)
    if snr_db is not None:
        drawn = int.from_bytes(hashlib.sha256(order.name.encode()).digest()[:4], "big")
        wave = in_noise(wave, kitchen(data), snr_db, np.random.default_rng([seed, snr_db, drawn]))
    listener = recogniser(folder)
    started = time.perf_counter()
    found = listener.hear(wave)
    seconds = time.perf_counter() - started
    right = all(found.slots.get(slot) == words for slot, words in order.slots.items())
    return Outcome(order, right, found.confidence, seconds)


def share(outcomes: Sequence[Outcome]) -> float:
    """Return the share of *outcomes* that are right."""
    return sum(each.right for each in outcomes) / len(outcomes)


def row(noise: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the figures of one condition; a part of which nothing was heard is left out."""
    parts = {
        "all": outcomes,
        "tuned": [each for each in outcomes if each.order.tuned],
        "held_out": [each for each in outcomes if not each.order.tuned],
    }
    return {
        "noise": noise,
        **{name: share(part) for name, part in parts.items() if part},
        "confidence_right": mean([each.confidence for each in outcomes if each.right]),
        "confidence_wrong": mean([each.confidence for each in outcomes if not each.right]),
        "seconds_each": mean([each.seconds for each in outcomes]),
    }


def mean(values: Sequence[float]) -> float:
    """Return the mean of *values*; 0 of none."""
    return float(np.mean(values)) if values else 0.0


def measure(arguments: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Return a row of figures for clean speech and each of the noises."""
    orders = [each for each in read_orders(arguments.data) if arguments.part == "all" or not each.tuned]
    rows = []
    with multiprocessing.get_context("fork").Pool(arguments.processes) as pool:
        for snr_db in (None, *arguments.snr):
            hear = partial(heard, data=arguments.data, folder=folder, snr_db=snr_db, seed=arguments.seed)
            rows.append(
                row("clean" if snr_db is None else f"{snr_db} dB", pool.map(hear, orders, chunksize=4))
            )
            Console(stderr=True).print(rows[-1])
    return rows


def show(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return *rows* as a table."""
    table = Table(title="orders with every labelled slot right", title_justify="left")
    for name in rows[0]:
        table.add_column(name, justify="left" if name == "noise" else "right")
    for each in rows:
        table.add_row(*(value if isinstance(value, str) else f"{value:.3f}" for value in each.values()))
    return table


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--snr", type=int, nargs="*", default=SNRS_DB, help="decibels of noise to hear in")
    parser.add_argument("--part", choices=("all", "held_out"), default="all", help="which utterances to hear")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if not (arguments.data / GRAMMAR).is_file():
        parser.error(
            f"{arguments.data} holds no coffee orders: there is no {GRAMMAR}; see docs/training/speech.md"
        )
    with tempfile.TemporaryDirectory() as written:
        folder = Path(written) / "transcriber"
        grammar = read_slot_grammar(arguments.data / GRAMMAR)
        # Every utterance is an order: the published engines, too, were asked for one each time.
        write_grammar_transcriber(folder, grammar, pack="coffee", version="1", confidence_floor=0.0)
        rows = measure(arguments, folder / VERSION_FOLDER)
    noisy = [each for each in rows if each["noise"] != "clean"]
    report = {
        "seed": arguments.seed,
        "part": arguments.part,
        "rows": rows,
        "mean_in_noise": mean([each["all"] for each in noisy]),
        "published_mean_in_noise": PUBLISHED,
    }
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(report, indent=2) + "\n")
    console = Console()
    console.print(show(rows))
    console.print(f"mean in noise {report['mean_in_noise']:.3f}; published: {PUBLISHED}", highlight=False)


if __name__ == "__main__":
    main()
