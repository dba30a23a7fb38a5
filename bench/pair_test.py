"""The article's pair test on the demonstration catalogue: do a text, a picture and a sound show one product?

    python -m bench.pair_test [--pack triton/model_repository] [--count 500] [--seed 0]

A matching triple is a full description, a customer's photo and a spoken request of one product. In one that does not
match, one of the three comes from another product: any other (the article's test), or, harder, one that differs in a
single attribute. Half of the triples match. The products are of the test part, whose combinations of attributes the
pack never saw; weights and thresholds are fitted on the dev part. Prints accuracy and calibration error, and writes
bench/out/pair_test.json.
"""

import io
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench import reporting
from training.demo.items import Item, items
from training.demo.render import render
from training.demo.texts import query_text
from training.demo.vocabulary import ATTRIBUTES
from training.demo.voices import SAMPLE_RATE_HZ, VOICES, Voice, speak
from training.evaluation.bootstrap import mean_interval
from training.evaluation.calibration import expected_calibration_error
from training.evaluation.logistic import fit_logistic
from training.evaluation.pairs import best_threshold
from training.networks.registry import load_encoder
from triptych.media.pictures import decode_picture
from triptych.media.sounds import decode_sound
from triptych.packs.pack import ENCODERS
from triptych.packs.verify import verify
from triptych.vocabulary.media import Resize
from triptych.vocabulary.texts import normalised

Array = NDArray[np.float64]

MODALITIES = ("text", "image", "audio")
PAIRS = ((0, 1), (0, 2), (1, 2))
FIRST_VIEW = 1000  # views below are those of the catalogue; training used the first few
CHINESE_SHARE = 0.25
BATCH = 32
OUT = Path(__file__).parent / "out" / "pair_test.json"


@dataclass(frozen=True)
class Triples:
    """The three cosines [N, 3] of triples (text-image, text-audio, image-audio), whether they match, what was swapped."""

    cosines: Array
    matches: NDArray[np.bool_]
    swapped: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    swaps: str
    score: str
    accuracy: float
    low: float
    high: float
    calibration_error: float
    by_modality: Mapping[str, float]


def contents(item: Item, rng: random.Random) -> tuple[str, bytes, bytes]:
    """Return words, a photo and a spoken request that name or show everything about *item*."""
    named = {"category": item.category, **{name: getattr(item, name) for name in ATTRIBUTES}}
    language = "zh" if rng.random() < CHINESE_SHARE else "en"
    photo, sound = io.BytesIO(), io.BytesIO()
    render(item, rng.randrange(FIRST_VIEW, 10 * FIRST_VIEW)).save(photo, "JPEG", quality=88)
    wave = speak(query_text(named, "en", rng).lower(), english_voice(rng))
    soundfile.write(sound, wave, SAMPLE_RATE_HZ, format="WAV", subtype="PCM_16")
    return query_text(named, language, rng), photo.getvalue(), sound.getvalue()


def english_voice(rng: random.Random) -> Voice:
    """Return one of the English voices."""
    return rng.choice([voice for voice in VOICES if voice.language == "en"])


class Embedder:
    """The encoders of a pack, fed as the encoder service feeds them."""

    def __init__(self, pack: Path) -> None:
        self._encoders = {name: load_encoder(pack / ENCODERS[name] / "1") for name in MODALITIES}

    @torch.inference_mode()
    def embed(self, made: Sequence[tuple[str, bytes, bytes]]) -> Array:
        """Return unit vectors [N, 3, D] of (words, photo, sound)."""
        texts = self._encoders["text"].encode([normalised(words) for words, _, _ in made])
        pictures = self._encoders["image"].encode(self._pictures([photo for _, photo, _ in made]))
        sounds = self._encoders["audio"].encode(self._sounds([sound for _, _, sound in made]))
        return torch.stack([texts, pictures, sounds], dim=1).double().numpy()

    def _pictures(self, photos: Sequence[bytes]) -> torch.Tensor:
        facts = self._encoders["image"].facts()
        height_px, width_px = int(facts["height"]), int(facts["width"])
        resize = Resize(facts["resize"])
        return torch.from_numpy(
            np.stack(
                [
                    decode_picture(
                        each, height_px=height_px, width_px=width_px, resize=resize, pixels_max=10**7
                    )
                    for each in photos
                ]
            )
        )

    def _sounds(self, sounds: Sequence[bytes]) -> tuple[torch.Tensor, torch.Tensor]:
        rate_hz = int(self._encoders["audio"].facts()["sample_rate_hz"])
        waves = [decode_sound(each, rate_hz=rate_hz, seconds_max=30.0, silence_dbfs=-60.0) for each in sounds]
        padded = np.zeros((len(waves), max(wave.size for wave in waves)), np.float32)
        for row, wave in zip(padded, waves, strict=True):
            row[: wave.size] = wave
        return torch.from_numpy(padded), torch.tensor([wave.size for wave in waves])


def partners(
    chosen: Sequence[Item], catalogue: Sequence[Item], rng: random.Random, *, hard: bool
) -> list[Item]:
    """Return for each item another of another combination; *hard*: one that differs in a single attribute."""
    by_combination: dict[tuple[str, ...], list[Item]] = {}
    for item in catalogue:
        by_combination.setdefault(item.combination, []).append(item)
    found = []
    for item in chosen:
        near = (
            [other for look in neighbours(item.combination) for other in by_combination.get(look, ())]
            if hard
            else [other for other in rng.sample(catalogue, 8) if other.combination != item.combination]
        )
        found.append(rng.choice(near) if near else item)
    return found


def neighbours(combination: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the combinations that differ from *combination* in one of colour, pattern and material."""
    for place, values in enumerate(ATTRIBUTES.values(), start=1):
        for value in values:
            if value != combination[place]:
                yield (*combination[:place], value, *combination[place + 1 :])


def triples(embedder: Embedder, split: str, count: int, seed: int, *, hard: bool) -> Triples:
    """Return 2 * *count* triples of *split*: half match, half have one modality of another product."""
    rng = random.Random(f"{split} {seed} {hard}")
    catalogue = items()
    own = [item for item in catalogue if item.split == split]
    chosen = [rng.choice(own) for _ in range(count)]
    # Swapped in is what lies anywhere in the catalogue; where nothing is near enough, the product is drawn again.
    others = partners(chosen, catalogue if hard else own, rng, hard=hard)
    kept = [(item, other) for item, other in zip(chosen, others, strict=True) if other is not item]
    made = [
        (contents(item, rng), contents(other, rng))
        for item, other in track(kept, f"making {split}", transient=True)
    ]
    vectors, foreign = (embed_all(embedder, [pair[at] for pair in made]) for at in (0, 1))
    swaps = np.array([rng.randrange(len(MODALITIES)) for _ in kept])
    mixed = vectors.copy()
    rows = np.arange(len(kept))
    mixed[rows, swaps] = foreign[rows, swaps]
    return Triples(
        cosines=np.concatenate([cosines_of(vectors), cosines_of(mixed)]),
        matches=np.repeat([True, False], len(kept)),
        swapped=(*("" for _ in kept), *(MODALITIES[swap] for swap in swaps)),
    )


def embed_all(embedder: Embedder, made: Sequence[tuple[str, bytes, bytes]]) -> Array:
    """Return the vectors of all, some at a time."""
    return np.concatenate([embedder.embed(made[at : at + BATCH]) for at in range(0, len(made), BATCH)])


def cosines_of(vectors: Array) -> Array:
    """Return the cosines [N, 3] between the three unit vectors [N, 3, D] of each triple."""
    return np.stack([(vectors[:, one] * vectors[:, other]).sum(axis=1) for one, other in PAIRS], axis=1)


# What is looked at of the three cosines [N, 3]: features [N, F].
SCORES: Mapping[str, Callable[[Array], Array]] = {
    "min of the cosines": lambda cosines: cosines.min(axis=1, keepdims=True),
    "mean of the cosines": lambda cosines: cosines.mean(axis=1, keepdims=True),
    "logistic on the three": lambda cosines: np.column_stack([cosines, cosines.min(axis=1)]),
}


def judge(name: str, swaps: str, dev: Triples, test: Triples) -> Row:
    """Fit *name* and its threshold on *dev*; return how it judges *test*."""
    features = SCORES[name]
    fitted = fit_logistic(features(dev.cosines), dev.matches)
    likely = fitted.probabilities(features(test.cosines))
    threshold = best_threshold(fitted.probabilities(features(dev.cosines)), dev.matches)
    right = ((likely >= threshold) == test.matches).astype(np.float64)
    low, high = mean_interval(right)
    confidence = np.maximum(likely, 1 - likely)
    judged = ((likely >= 0.5) == test.matches).astype(np.float64)
    found = {
        modality: float(right[[swap == modality for swap in test.swapped]].mean()) for modality in MODALITIES
    }
    error = expected_calibration_error(confidence, judged)
    return Row(swaps, name, float(right.mean()), low, high, error, found)


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--pack", type=Path, default=Path("triton/model_repository"))
    parser.add_argument(
        "--count", type=int, default=500, help="matching triples of each part; as many do not match"
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    pack = verify(arguments.pack)
    embedder, rows = Embedder(arguments.pack), []
    for hard in (False, True):
        dev, test = (
            triples(embedder, split, arguments.count, arguments.seed, hard=hard) for split in ("dev", "test")
        )
        swaps = "one attribute differs" if hard else "any other product"
        rows += [judge(name, swaps, dev, test) for name in SCORES]
    show(pack.id, arguments.count, rows)
    OUT.parent.mkdir(exist_ok=True)
    content = {
        "pack": pack.id,
        "count": arguments.count,
        "seed": arguments.seed,
        "rows": [*map(asdict, rows)],
    }
    OUT.write_text(json.dumps(content, indent=1) + "\n")


def show(pack: str, count: int, rows: Sequence[Row]) -> None:
    """Print the table."""
    table = Table(title=f"Pair test of {pack}: {2 * count} triples a line; the article has 0.85")
    for name in (
        "swapped in",
        "score",
        "accuracy",
        "95 % interval",
        "ECE",
        *(f"{m} swap found" for m in MODALITIES),
    ):
        table.add_column(name)
    for row in rows:
        found = [f"{row.by_modality[modality]:.3f}" for modality in MODALITIES]
        interval = f"{row.low:.3f} … {row.high:.3f}"
        table.add_row(
            row.swaps, row.score, f"{row.accuracy:.4f}", interval, f"{row.calibration_error:.4f}", *found
        )
    Console().print(table)


if __name__ == "__main__":
    main()
