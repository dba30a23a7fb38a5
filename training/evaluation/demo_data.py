"""The demonstration catalogue as data to evaluate on: `python -m training.evaluation.demo_data OUT [--split test]`.

OUT/manifest.jsonl holds a record a product of the split: its text, picture and, said by a synthetic voice, its name;
OUT/queries.jsonl test queries of every kind for them, each with its right products. See docs/training/evaluation.md.
"""

import argparse
import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import soundfile

from training.demo.items import Item, items
from training.demo.queries import KINDS, Query, queries, right
from training.demo.render import render
from training.demo.texts import query_text
from training.demo.voices import SAMPLE_RATE_HZ, VOICES, VOICES_BY_NAME, speak

JPEG_QUALITY = 88
_SEED = 5


def write_dataset(out: Path, split: str, products: int, queries_per_kind: int) -> None:
    """Write at most *products* of *split*, with one name said aloud each, and queries that they answer."""
    catalogue = [item for item in items() if item.split == split][:products]
    for folder in ("images", "sounds", "queries"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    _write_lines(out / "manifest.jsonl", (_record(out, item, split) for item in catalogue))
    asked = [query for kind in KINDS for query in queries(split, kind, queries_per_kind, catalogue=catalogue)]
    by_id = {item.id: item for item in catalogue}
    _write_lines(out / "queries.jsonl", (_question(out, query, by_id, catalogue) for query in asked))


def _record(out: Path, item: Item, split: str) -> dict[str, object]:
    picture, sound = f"images/{item.id}.jpg", f"sounds/{item.id}.wav"
    render(item, 0).save(out / picture, "JPEG", quality=JPEG_QUALITY)
    rng = random.Random(f"{item.id} {_SEED}")
    named = {
        "category": item.category, "colour": item.colour, "pattern": item.pattern, "material": item.material,
    }  # fmt: skip
    voice = rng.choice([voice.name for voice in VOICES if voice.language == "en"])
    _say(out / sound, query_text(named, "en", rng).lower(), voice)
    text = f"{item.title_en}. {item.description_en} {item.title_zh}。{item.description_zh}"
    return {
        "id": item.id, "text": text, "image": picture, "audio": sound,
        "label": " ".join(item.combination), "split": split,
    }  # fmt: skip


def _question(
    out: Path, query: Query, by_id: dict[str, Item], catalogue: Sequence[Item]
) -> dict[str, object]:
    line: dict[str, object] = {"id": query.id, "kind": query.kind}
    if query.text and query.kind != "voice":
        line["text"] = query.text
    if query.photo_of:
        line["image"] = f"queries/{query.id}.jpg"
        render(by_id[query.photo_of], query.photo_view).save(
            out / f"queries/{query.id}.jpg", "JPEG", quality=JPEG_QUALITY
        )
    if query.voice:
        line["audio"] = f"queries/{query.id}.wav"
        _say(out / f"queries/{query.id}.wav", query.spoken or query.text, query.voice)
    # As the gateway searches where the request does not say: a photo among photos.
    line["space"] = "image" if query.kind == "photo" else "fused"
    return line | {"right": sorted(right(query, catalogue))}


def _say(path: Path, words: str, voice: str) -> None:
    wave = speak(words, VOICES_BY_NAME[voice])
    soundfile.write(path, wave, SAMPLE_RATE_HZ, format="WAV", subtype="PCM_16")


def _write_lines(path: Path, lines: Iterable[dict[str, object]]) -> None:
    path.write_text("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines), encoding="utf-8")


def main() -> None:
    """Parse the command line and write the data."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, help="folder to write to; made where missing")
    parser.add_argument("--split", choices=("train", "dev", "test"), default="test")
    parser.add_argument("--products", type=int, default=400, help="at most (default: %(default)s)")
    parser.add_argument("--queries", type=int, default=50, help="of each kind (default: %(default)s)")
    arguments = parser.parse_args()
    write_dataset(arguments.out, arguments.split, arguments.products, arguments.queries)
    print(f"manifest.jsonl and queries.jsonl are in {arguments.out}")


if __name__ == "__main__":
    main()
