"""Ranking data in LETOR's form (SVMlight with query ids), or in LightGBM's (SVMlight and a file of query sizes).

2 qid:10 1:0.5 3:0.25 # a comment        label, query, features by number; those left out are 0

LightGBM's second file, data.query beside data, holds one number a line: how many lines of data each query has.
Files that end in .gz are unpacked.
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from training.data.ranking import Ranking
from training.errors import TrainingError

# Gains are 2^label: beyond this they say nothing any more, and a label is an id by mistake.
LABEL_MAX = 31
QUERY_SUFFIX = ".query"
_QUERY_KEY = b"qid"
_FLOAT32_MAX = float(np.finfo(np.float32).max)
_UNKNOWN = {b"null", b"nan", b"na"}


@dataclass(frozen=True)
class Line:
    """One candidate, and the number of its line in the file. Features are sparse: numbers and their values."""

    place: int
    label: int
    query: int | None
    numbers: NDArray[np.int64]
    values: NDArray[np.float64]


class BadLine(ValueError):
    """A line is no candidate."""


def read_letor(
    path: Path,
    query_path: Path | None = None,
    *,
    features: int | None = None,
    first_feature: int | None = None,
    missing: float = 0.0,
) -> Ranking:
    """Return the candidates in *path*.

    Args:
        path: SVMlight lines, with qid: or with a file of query sizes.
        query_path: LightGBM's file of query sizes; None: the one beside *path*, where lines have no qid.
        features: how many there are; None: as many as the largest number says. Give it when several files must agree.
        first_feature: number of the first, 0 or 1; None: 0 where a line has a feature 0, otherwise 1.
        missing: value of a feature that a line leaves out; NaN for unknown. "NULL" and "nan" are always unknown.

    Raises:
        TrainingError: with file and line.
    """
    lines = list(_lines(path))
    if not lines:
        raise TrainingError(f"{path}: there are no lines to read")
    queries = _queries(path, query_path, lines)
    labels = np.array([line.label for line in lines], np.int64)
    return Ranking(_matrix(path, lines, features, first_feature, missing), labels, queries)


def _opened(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _numbered(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield line numbers from 1 and what stands before any comment, where that is anything."""
    try:
        with _opened(path) as file:
            for number, raw in enumerate(file, start=1):
                if content := raw.partition(b"#")[0].strip():
                    yield number, content
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise TrainingError(f"{path}: {why}") from error


def _lines(path: Path) -> Iterator[Line]:
    for number, content in _numbered(path):
        try:
            yield _line(number, content)
        except BadLine as error:
            raise TrainingError(f"{path}:{number}: {error}") from error


def _line(place: int, content: bytes) -> Line:
    first, *words = content.split()
    label = _integer(first, "the label")
    if not 0 <= label <= LABEL_MAX:
        raise BadLine(f"the label {label} is out of range: 0 to {LABEL_MAX}")
    pairs = [word.partition(b":") for word in words]
    query = None
    if pairs and pairs[0][0] == _QUERY_KEY:
        query = _integer(pairs.pop(0)[2], "the query id")
    numbers, values = _features([name for name, _, _ in pairs], [value for _, _, value in pairs])
    if len(np.unique(numbers)) < len(numbers):
        raise BadLine("a feature stands in the line twice")
    if numbers.size and numbers.min() < 0:
        raise BadLine("features are numbered from 0 or 1")
    return Line(place, label, query, numbers, values)


def _features(names: list[bytes], said: list[bytes]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return numbers and values; at once where all are well, one by one to say which is not."""
    try:
        values = np.array(said, "S").astype(np.float64)
        if (np.abs(values) <= _FLOAT32_MAX).all():
            return np.array(names, "S").astype(np.int64), values
    except (ValueError, OverflowError):
        pass
    numbers = [_integer(name, "the number of a feature") for name in names]
    return np.array(numbers, np.int64), np.array(list(map(_value, names, said)), np.float64)


def _integer(word: bytes, what: str) -> int:
    try:
        return int(word)
    except ValueError:
        pass
    try:
        number = float(word)
    except ValueError:
        number = float("nan")
    # Some tools write labels as 2.0.
    if not number.is_integer():
        raise BadLine(f"{what} must be an integer, not {word.decode(errors='replace')!r}")
    return int(number)


def _value(name: bytes, value: bytes) -> float:
    if value.lower() in _UNKNOWN:
        return float("nan")
    try:
        number = float(value)
    except ValueError:
        number = float("inf")
    if not abs(number) <= _FLOAT32_MAX:
        said = value.decode(errors="replace")
        raise BadLine(f"feature {name.decode(errors='replace')} must be a number, not {said!r}")
    return number


def _queries(path: Path, query_path: Path | None, lines: list[Line]) -> NDArray[np.int64]:
    """Return the query of each line: by its own qid, or by the file of sizes."""
    beside = path.with_name(path.name.removesuffix(".gz") + QUERY_SUFFIX)
    named = [line.query is not None for line in lines]
    if query_path is None and any(named):
        return _own_queries(path, lines)
    sizes_path = query_path or beside
    if not sizes_path.exists():
        raise TrainingError(
            f"{path}: the lines have no qid, and there is no {sizes_path.name} with query sizes"
        )
    if any(named):
        raise TrainingError(f"{path}: the lines have a qid, so {sizes_path.name} must not be given")
    sizes = np.array(list(_sizes(sizes_path)), np.int64)
    if sizes.sum() != len(lines):
        raise TrainingError(
            f"{sizes_path}: the sizes add up to {sizes.sum()}, but {path.name} has {len(lines)} lines"
        )
    return np.repeat(np.arange(len(sizes)), sizes)


def _own_queries(path: Path, lines: list[Line]) -> NDArray[np.int64]:
    queries: list[int] = []
    seen: set[int] = set()
    for line in lines:
        if line.query is None:
            raise TrainingError(f"{path}:{line.place}: the line has no qid, but others have")
        if line.query in seen and queries[-1] != line.query:
            what = f"the lines of query {line.query} do not stand together"
            raise TrainingError(f"{path}:{line.place}: {what}")
        seen.add(line.query)
        queries.append(line.query)
    return np.array(queries, np.int64)


def _sizes(path: Path) -> Iterator[int]:
    for number, content in _numbered(path):
        if not content.isdigit() or int(content) == 0:
            raise TrainingError(f"{path}:{number}: a query's size is an integer above 0")
        yield int(content)


def _matrix(
    path: Path, lines: list[Line], features: int | None, first: int | None, missing: float
) -> NDArray[np.float32]:
    """Return features [N, F], dense."""
    numbers = np.concatenate([line.numbers for line in lines])
    if not numbers.size:
        raise TrainingError(f"{path}: no line has any feature")
    start = first if first is not None else int(numbers.min() > 0)
    count = features if features is not None else int(numbers.max()) - start + 1
    if wrong := next((line for line in lines if _outside(line, start, count)), None):
        what = f"the line has a feature beyond {start} to {start + count - 1}"
        raise TrainingError(f"{path}:{wrong.place}: {what}")
    matrix = np.full((len(lines), count), missing, np.float32)
    for row, line in enumerate(lines):
        matrix[row, line.numbers - start] = line.values
    return matrix


def _outside(line: Line, start: int, count: int) -> bool:
    return bool(line.numbers.size) and (line.numbers.min() < start or line.numbers.max() >= start + count)
