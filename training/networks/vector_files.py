"""Files of word vectors: GloVe's text (word v1 ... vn), word2vec's text (the same after a line "count n") and binary."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from training.errors import TrainingError
from triptych.vocabulary.vectors import Floats

_WORD_BYTES_MAX = 1024
_DIMENSION_MAX = 10_000


@dataclass(frozen=True)
class WordVectors:
    """Words in the file's order, which is by frequency, most frequent first; vectors [N, n] float32; their ranks."""

    words: list[str]
    vectors: Floats
    ranks: list[int]


def read_word_vectors(path: Path, words_max: int, wanted: Container[str] = frozenset()) -> WordVectors:
    """Read the first *words_max* words of a file, and those of the rest that are *wanted*; words in small letters.

    A word that comes again in another spelling keeps its first, most frequent, vector.

    Raises:
        TrainingError: the file cannot be read, or breaks its format; names the line or the word.
    """
    kept: dict[str, tuple[int, Floats]] = {}
    try:
        with path.open("rb") as file:
            for rank, (word, vector) in enumerate(_entries(file, path)):
                small = word.casefold()
                if small not in kept and (rank < words_max or small in wanted):
                    kept[small] = (rank, vector)
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error.strerror}") from error
    if not kept:
        raise TrainingError(f"{path} holds no word vectors")
    ranks, vectors = zip(*kept.values(), strict=True)
    return WordVectors(list(kept), np.stack(vectors), list(ranks))


def _entries(file: BinaryIO, path: Path) -> Iterator[tuple[str, Floats]]:
    first = file.readline(_DIMENSION_MAX * 32)
    header = first.split()
    if len(header) == 2 and all(field.isdigit() for field in header):
        count, dimension = map(int, header)
        if not 1 <= dimension <= _DIMENSION_MAX:
            raise TrainingError(f"{path}, line 1: {dimension} is no dimension of word vectors")
        if _is_binary(file, dimension):
            return _binary(file, path, count, dimension)
        return _lines(file, path, dimension, 2)
    file.seek(0)
    return _lines(file, path, len(header) - 1, 1)


def _is_binary(file: BinaryIO, dimension: int) -> bool:
    """Whether numbers follow as bytes: a line of text would be letters, digits and signs only."""
    start = file.tell()
    sample = file.read(_WORD_BYTES_MAX + 4 * dimension)
    file.seek(start)
    try:
        [float(number) for number in sample.split(b"\n")[0].split()[-dimension:]]
    except ValueError:
        return True
    return b"\0" in sample


def _lines(file: BinaryIO, path: Path, dimension: int, first: int) -> Iterator[tuple[str, Floats]]:
    for number, line in enumerate(file, first):
        # From the right: some words of GloVe have spaces in them.
        fields = line.decode("utf-8", "replace").rstrip().rsplit(" ", dimension)
        if len(fields) != dimension + 1 or dimension < 1:
            raise TrainingError(
                f"{path}, line {number}: a word and {dimension} numbers were expected, as in line {first}"
            )
        try:
            vector = np.array(fields[1:], np.float32)
        except ValueError as error:
            raise TrainingError(f"{path}, line {number}: {error}") from error
        yield fields[0], _finite(vector, f"{path}, line {number}")


def _binary(file: BinaryIO, path: Path, count: int, dimension: int) -> Iterator[tuple[str, Floats]]:
    for number in range(1, count + 1):
        # A newline may or may not follow the numbers of the word before.
        name = _until_space(file).lstrip(b"\n")
        data = file.read(4 * dimension)
        if not name or len(data) < 4 * dimension:
            raise TrainingError(f"{path}, word {number} of {count}: the file breaks off")
        vector = np.frombuffer(data, "<f4").astype(np.float32)
        yield name.decode("utf-8", "replace"), _finite(vector, f"{path}, word {number}")


def _until_space(file: BinaryIO) -> bytes:
    return b"".join(islice(iter(lambda: file.read(1), b" "), _WORD_BYTES_MAX)).rstrip(b"\0")


def _finite(vector: Floats, where: str) -> Floats:
    if not np.isfinite(vector).all():
        raise TrainingError(f"{where}: a number that is not finite")
    return vector
