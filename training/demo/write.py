"""Write the demonstration catalogue: `python -m training.demo.write OUT [--count 3600] [--products-only]`.

OUT/products.jsonl holds one public Product a line, OUT/images their pictures, OUT/queries sample queries as files.
What is already there and complete is kept; a catalogue of another count or of other source code is written anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import soundfile

from training.demo.items import Item, items
from training.demo.queries import KINDS, CatalogueTooSmall, Query, queries
from training.demo.render import render
from training.demo.voices import SAMPLE_RATE_HZ, VOICES_BY_NAME, Wave, speak

PRODUCTS = 3600
QUERIES_PER_KIND = 6
JPEG_QUALITY = 88
CURRENCY = "EUR"
# Every third product also shows a customer's photo.
SECOND_VIEW_EVERY = 3
_STAMP = "catalogue.sha256"


def main() -> None:
    """Parse the command line and write the catalogue."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, help="folder to write to; made where missing")
    parser.add_argument(
        "--count", type=int, default=PRODUCTS, help="number of products (default: %(default)s)"
    )
    parser.add_argument("--products-only", action="store_true", help="write no sample queries")
    arguments = parser.parse_args()
    write(arguments.out, arguments.count, with_queries=not arguments.products_only)
    print(f"{arguments.count} products in {arguments.out}")


def write(
    out: Path, count: int = PRODUCTS, *, with_queries: bool = True, processes: int | None = None
) -> None:
    """Write *count* products to *out*, and sample queries on request; rendering uses all cores by default."""
    catalogue = items(count)
    _forget_other_catalogue(out, count)
    (out / "images").mkdir(parents=True, exist_ok=True)
    _write_images(out, catalogue, processes or os.cpu_count() or 1)
    _write_text(out / "products.jsonl", "".join(f"{_line(product_json(item))}\n" for item in catalogue))
    if with_queries:
        _write_queries(out / "queries", catalogue)


def views(item: Item) -> tuple[int, ...]:
    """Return the views that the catalogue shows of *item*: the catalogue picture, for some also a photo."""
    return (0, 1) if int(item.id[1:]) % SECOND_VIEW_EVERY == 0 else (0,)


def product_json(item: Item) -> dict[str, object]:
    """Return *item* as the JSON mapping of the public Product message; one text serves both languages."""
    attributes = {
        "colour": item.colour,
        "pattern": item.pattern,
        "material": item.material,
        "title_zh": item.title_zh,
    }
    return {
        "id": item.id,
        "title": item.title_en,
        "description": f"{item.description_en} {item.title_zh}。{item.description_zh}",
        "brand": item.brand,
        "category": item.category,
        "price": {
            "currencyCode": CURRENCY,
            "units": str(item.price_cents // 100),
            "nanos": item.price_cents % 100 * 10_000_000,
        },
        "attributes": attributes,
        "images": [{"uri": f"images/{item.id}-{view}.jpg"} for view in views(item)],
        "inStock": item.in_stock,
        "popularity": str(item.popularity),
        "locale": "en",
    }


def _forget_other_catalogue(out: Path, count: int) -> None:
    """Remove pictures that another version of this package, or another count, has drawn."""
    stamp, expected = out / _STAMP, _fingerprint(count)
    if stamp.exists() and stamp.read_text() == expected:
        return
    for folder in ("images", "queries"):
        shutil.rmtree(out / folder, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    _write_text(stamp, expected)


def _fingerprint(count: int) -> str:
    digest = hashlib.sha256(str(count).encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _write_images(out: Path, catalogue: Sequence[Item], processes: int) -> None:
    missing = [
        (item, view)
        for item in catalogue
        for view in views(item)
        if not _image_path(out, item, view).exists()
    ]
    if not missing:
        return
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for _ in pool.imap_unordered(partial(_write_image, out), missing, chunksize=32):
            pass


def _image_path(out: Path, item: Item, view: int) -> Path:
    return out / "images" / f"{item.id}-{view}.jpg"


def _write_image(out: Path, task: tuple[Item, int]) -> None:
    item, view = task
    _write_photo(_image_path(out, item, view), item, view)


def _write_photo(path: Path, item: Item, view: int) -> None:
    temporary = path.with_suffix(".part")
    render(item, view).save(temporary, "JPEG", quality=JPEG_QUALITY)
    temporary.replace(path)


def _write_text(path: Path, text: str) -> None:
    temporary = path.with_suffix(".part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _write_queries(folder: Path, catalogue: Sequence[Item]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    by_id = {item.id: item for item in catalogue}
    lines = [_line(_write_query(folder, query, by_id)) for query in _samples(catalogue)]
    _write_text(folder / "queries.jsonl", "".join(f"{line}\n" for line in lines))


def _samples(catalogue: Sequence[Item]) -> Iterator[Query]:
    """Yield a few queries of every kind that so many products allow."""
    for kind in KINDS:
        with suppress(CatalogueTooSmall):
            yield from queries("test", kind, QUERIES_PER_KIND, catalogue=catalogue)


def _write_query(folder: Path, query: Query, by_id: dict[str, Item]) -> dict[str, object]:
    """Write the query's photo and voice; return its line, paths relative to the catalogue."""
    line: dict[str, object] = {"id": query.id, "kind": query.kind, "wanted": dict(query.wanted)}
    if query.text and query.kind != "voice":
        line |= {"text": query.text, "language": query.language}
    if query.photo_of:
        name = f"{query.id}.jpg"
        _write_photo(folder / name, by_id[query.photo_of], query.photo_view)
        line |= {"photo": f"queries/{name}", "photoOf": query.photo_of}
    if query.voice:
        name, words = f"{query.id}.wav", query.spoken or query.text
        _write_wave(folder / name, speak(words, VOICES_BY_NAME[query.voice]))
        line |= {"audio": f"queries/{name}", "spoken": words, "voice": query.voice}
    return line


def _write_wave(path: Path, wave: Wave) -> None:
    temporary = path.with_suffix(".part")
    soundfile.write(temporary, wave, SAMPLE_RATE_HZ, format="WAV", subtype="PCM_16")
    temporary.replace(path)


def _line(value: dict[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
