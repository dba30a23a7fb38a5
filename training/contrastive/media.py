"""Pictures and sounds of a corpus, read once and kept as arrays beside the training."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.contrastive.gather import made_once
from training.data.loading import load_picture, load_sound
from training.files import whole
from training.reporting import tracked

_INT16_MAX = 32767.0


class Sounds:
    """Waveforms of different lengths, one after the other in one int16 array on disk."""

    def __init__(self, samples: NDArray[np.int16], ends: NDArray[np.int64]) -> None:
        self._samples = samples
        self._ends = ends

    def __getitem__(self, row: int) -> NDArray[np.float32]:
        """Return one waveform float32 [S] in [-1, 1]."""
        start = int(self._ends[row - 1]) if row else 0
        return self._samples[start : int(self._ends[row])].astype(np.float32) / _INT16_MAX


def pictures(paths: Sequence[Path], facts: Mapping[str, str], cache: Path, workers: int) -> NDArray[np.uint8]:
    """Return uint8 [N, H, W, 3] of the pictures, at the size that the encoder's *facts* ask for."""
    height, width, resize = int(facts["height"]), int(facts["width"]), facts["resize"]
    target = cache / f"pictures-{files_digest(paths, height, width, resize)}.npy"
    made_once(target, lambda: _save_pictures(target, paths, (height, width, resize), workers))
    loaded: NDArray[np.uint8] = np.load(target, mmap_mode="r")
    return loaded


def sounds(paths: Sequence[Path], facts: Mapping[str, str], cache: Path, workers: int) -> Sounds:
    """Return the waveforms at the rate, and no longer than, the encoder's *facts* ask for."""
    rate, seconds_max = int(facts["sample_rate_hz"]), float(facts["seconds_max"])
    name = files_digest(paths, rate, seconds_max)
    samples, ends = cache / f"sounds-{name}.npy", cache / f"sounds-{name}-ends.npy"
    made_once(ends, lambda: _save_sounds(samples, ends, paths, (rate, seconds_max), workers))
    return Sounds(np.load(samples, mmap_mode="r"), np.load(ends))


def _save_pictures(target: Path, paths: Sequence[Path], size: tuple[int, int, str], workers: int) -> None:
    read = _each(lambda path: load_picture(path, *size), paths, workers, "pictures")
    with whole(target) as partial:
        array: np.memmap[Any, Any] = np.lib.format.open_memmap(  # type: ignore[no-untyped-call]
            partial, mode="w+", dtype=np.uint8, shape=(len(paths), *size[:2], 3)
        )
        for row, picture in enumerate(read):
            array[row] = picture
        array.flush()


def _save_sounds(
    samples: Path, ends: Path, paths: Sequence[Path], limits: tuple[int, float], workers: int
) -> None:
    read = list(_each(lambda path: load_sound(path, *limits), paths, workers, "sounds"))
    joined = np.concatenate([np.rint(np.clip(one, -1, 1) * _INT16_MAX).astype(np.int16) for one in read])
    _save(samples, joined)
    # The ends last: where they are, the samples are too.
    _save(ends, np.cumsum([len(one) for one in read]))


def files_digest(paths: Sequence[Path], *others: Any) -> str:
    """Return a name for these files as they are now, and for whatever else decides what is made of them."""
    stats = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    return hashlib.sha256(repr((stats, others)).encode()).hexdigest()[:16]


def _each(
    load: Callable[[Path], NDArray[Any]], paths: Sequence[Path], workers: int, what: str
) -> Iterator[NDArray[Any]]:
    with ThreadPoolExecutor(workers) as pool:
        yield from tracked(pool.map(load, paths), len(paths), f"reading {what}")


def _save(target: Path, array: NDArray[Any]) -> None:
    with whole(target) as partial, partial.open("wb") as file:
        np.save(file, array)


def names_digest(texts: Sequence[str]) -> str:
    """Return a name for these texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
