"""The input in pieces that can be worked on alone: lines of a JSON Lines file, or rows of a Parquet file."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from triptych.cli.product_files import Line, read_line

PARQUET = ".parquet"


@dataclass(frozen=True)
class Fragment:
    """A piece of the input.

    Args:
        number: its place among all pieces.
        path: the file.
        start, stop: bytes of a JSON Lines file, rows of a Parquet file.
        first_line: the number of the line or row at which it starts, from 1.
    """

    number: int
    path: str
    start: int
    stop: int
    first_line: int


def fragments(paths: Sequence[Path], products: int) -> list[Fragment]:
    """Return the pieces of the files at *paths*, each of at most *products* lines or rows; their content is not kept."""
    found: list[Fragment] = []
    for path in paths:
        cuts = _rows(path, products) if path.suffix == PARQUET else _lines(path, products)
        for start, stop, first_line in cuts:
            found.append(Fragment(len(found), str(path), start, stop, first_line))
    return found


def lines_of(fragment: Fragment, media_root: Path) -> Iterator[Line]:
    """Yield the products of *fragment*, or why there is none; pictures and sounds are read from below *media_root*."""
    path = Path(fragment.path)
    source = _parquet_rows(path, fragment) if path.suffix == PARQUET else _json_lines(path, fragment)
    for place, raw in enumerate(source):
        if raw.strip():
            yield read_line(fragment.first_line + place, raw.strip(), media_root)


def _lines(path: Path, products: int) -> Iterator[tuple[int, int, int]]:
    start = at = lines = 0
    with path.open("rb") as file:
        for line in file:
            at += len(line)
            lines += 1
            if lines % products == 0:
                yield start, at, lines - products + 1
                start = at
    if at > start:
        yield start, at, lines - lines % products + 1


def _rows(path: Path, products: int) -> Iterator[tuple[int, int, int]]:
    rows = pq.ParquetFile(path).metadata.num_rows
    for start in range(0, rows, products):
        yield start, min(start + products, rows), start + 1


def _json_lines(path: Path, fragment: Fragment) -> Iterator[str]:
    with path.open("rb") as file:
        file.seek(fragment.start)
        while file.tell() < fragment.stop:
            yield file.readline().decode("utf-8-sig", errors="surrogateescape")


def _parquet_rows(path: Path, fragment: Fragment) -> Iterator[str]:
    """Yield rows as JSON; a row group that lies outside of the fragment is not read."""
    at = 0
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            start, stop = max(fragment.start - at, 0), min(fragment.stop - at, rows)
            if start < stop:
                for row in file.read_row_group(group).slice(start, stop - start).to_pylist():
                    yield json.dumps(_plain(row))
            at += rows


def _plain(value: Any) -> Any:
    """Return a value of Arrow as one of JSON: what is missing is left out, maps come as pairs, times in ISO 8601."""
    match value:
        case dict():
            return {name: _plain(each) for name, each in value.items() if each is not None}
        case list() if value and all(isinstance(each, tuple) and len(each) == 2 for each in value):
            return {name: _plain(each) for name, each in value if each is not None}
        case list():
            return [_plain(each) for each in value]
        case datetime():
            text = value.isoformat()
            return text if value.tzinfo else f"{text}Z"
        case bytes():
            return value.decode(errors="surrogateescape")
    return value
