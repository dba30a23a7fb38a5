"""Decoded pictures and sounds, kept as memory-mapped .npy files so that they are decoded once and not every epoch.

The cache may be deleted at any time. Files are spread over shards by their own digest, so one changed file costs one
shard; a shard is written whole, so a killed run goes on with those that it has finished.
"""

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from training.data.whole_file import remove_partials, whole_file
from training.errors import TrainingError

Array = NDArray[Any]
Key = Literal["content", "stat"]
Progress = Callable[[int, int], None]

_ROWS_PER_SHARD = 256
_THREADS_MAX = 16


def unheard(_done: int, _all: int) -> None:
    """Tell nobody how far it is."""


@dataclass(frozen=True)
class CachedArrays(Sequence[Array]):
    """Arrays in the order of their files, read from disk as they are asked for; they cannot be written to."""

    # (shard, place in it) by row
    rows: tuple[tuple[int, int], ...]
    shards: tuple["Shard", ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, row: Any) -> Any:
        """Return one array, or a list of them for a slice."""
        if isinstance(row, slice):
            return [self[at] for at in range(*row.indices(len(self)))]
        shard, place = self.rows[row]
        return self.shards[shard].array(place)

    def stacked(self, rows: Iterable[int]) -> Array:
        """Return a copy of the arrays of *rows*, all of one shape, as [len(rows), …]."""
        return np.stack([self[int(row)] for row in rows])


@dataclass(frozen=True)
class Shard:
    """Arrays one after the other along their first axis: *flat* [total, …], *ends* where each stops."""

    flat: Array
    ends: NDArray[np.int64]

    def array(self, place: int) -> Array:
        """Return one array, without copying it."""
        found: Array = self.flat[self.ends[place - 1] if place else 0 : self.ends[place]]
        return found


class ArrayCache:
    """Keeps what is decoded from files below *folder*.

    Args:
        folder: made where it is missing.
        key: "content" knows a file by its bytes; "stat" by path, size and time of change, which reads nothing.
        rows_per_shard: about so many arrays a shard; all of them are in memory while it is made.
        threads: decode so many files at once; None: two for each core.
    """

    def __init__(
        self,
        folder: Path,
        *,
        key: Key = "content",
        rows_per_shard: int = _ROWS_PER_SHARD,
        threads: int | None = None,
    ) -> None:
        self._folder = folder
        self._key = key
        self._rows_per_shard = rows_per_shard
        self._threads = threads or min(_THREADS_MAX, 2 * (os.cpu_count() or 1))

    def arrays(
        self,
        files: Sequence[Path],
        load: Callable[[Path], Array],
        preprocessing: str,
        progress: Progress = unheard,
    ) -> CachedArrays:
        """Return load(file) for all *files*, decoding only what is not kept yet.

        Args:
            files: pictures, or sounds.
            load: gives arrays of one dtype that differ at most in their first axis.
            preprocessing: names *load* and everything it depends on: "picture 224x224 squash".
            progress: told how many shards are there, and of how many.

        Raises:
            TrainingError: a file cannot be read or decoded, or the disk is full. Finished shards stay.
        """
        remove_partials(self._folder)
        with ThreadPoolExecutor(self._threads) as pool:
            keys = list(pool.map(self._key_of, files))
            parts = _spread(keys, self._rows_per_shard)
            shards: list[Shard] = []
            for rows in parts:
                # A file that stands there twice is decoded once.
                distinct = {keys[row]: files[row] for row in rows}
                shards.append(self._shard(distinct, load, preprocessing, pool))
                progress(len(shards), len(parts))
        return CachedArrays(_places(keys, parts), tuple(shards))

    def _key_of(self, path: Path) -> str:
        try:
            if self._key == "content":
                return _digest(path.read_bytes())
            stat = path.stat()
            return _digest(f"{path.resolve()}\0{stat.st_size}\0{stat.st_mtime_ns}".encode())
        except OSError as error:
            raise TrainingError(f"{path}: {error.strerror}") from error

    def _shard(
        self,
        files: dict[str, Path],
        load: Callable[[Path], Array],
        preprocessing: str,
        pool: ThreadPoolExecutor,
    ) -> Shard:
        """Return the arrays of *files*, by key, from disk where they are there."""
        name = _digest("\0".join([preprocessing, *sorted(files)]).encode())
        data, ends = self._folder / f"{name}.npy", self._folder / f"{name}.ends.npy"
        if (kept := _opened(data, ends, len(files))) is not None:
            return kept
        arrays = list(pool.map(load, [files[key] for key in sorted(files)]))
        _check_alike(arrays, [files[key] for key in sorted(files)])
        # The data last: where it is, the shard is complete.
        _write(ends, np.cumsum([len(array) for array in arrays], dtype=np.int64))
        _write(data, np.concatenate(arrays))
        written = _opened(data, ends, len(files))
        if written is None:
            raise TrainingError(f"{data}: what was just written cannot be read back")
        return written


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _spread(keys: Sequence[str], rows_per_shard: int) -> list[list[int]]:
    """Return the rows of each shard. The number of shards is a power of two, so that it seldom changes."""
    distinct = len(set(keys))
    count = 1 << max(0, (distinct - 1) // rows_per_shard).bit_length()
    parts = defaultdict(list)
    for row, key in enumerate(keys):
        parts[int(key[:8], 16) % count].append(row)
    return [parts[shard] for shard in sorted(parts)]


def _places(keys: Sequence[str], parts: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    """Return shard and place of each row: a shard keeps its arrays in the order of their keys."""
    places: list[tuple[int, int]] = [(0, 0)] * len(keys)
    for shard, rows in enumerate(parts):
        at = {key: place for place, key in enumerate(sorted({keys[row] for row in rows}))}
        for row in rows:
            places[row] = (shard, at[keys[row]])
    return tuple(places)


def _opened(data: Path, ends: Path, count: int) -> Shard | None:
    """Return the shard in two files; None where it is not there, or is no longer whole."""
    try:
        shard = Shard(np.load(data, mmap_mode="r"), np.load(ends))
    except (OSError, ValueError, EOFError):
        return None
    return shard if len(shard.ends) == count and shard.ends[-1] == len(shard.flat) else None


def _check_alike(arrays: Sequence[Array], files: Sequence[Path]) -> None:
    first = arrays[0]
    for array, path in zip(arrays, files, strict=True):
        if (array.dtype, array.shape[1:]) != (first.dtype, first.shape[1:]):
            raise TrainingError(
                f"{path}: decoded to {array.dtype} {array.shape}, unlike {files[0]}: {first.dtype} {first.shape}"
            )


def _write(path: Path, array: Array) -> None:
    with whole_file(path) as partial, partial.open("wb") as file:
        header = np.lib.format.header_data_from_array_1_0(array)  # type: ignore[no-untyped-call]
        np.lib.format.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call]
        # Not by numpy.save, which says of a full disk only how many items it has written.
        file.write(np.ascontiguousarray(array).data)
