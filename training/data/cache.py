"""Arrays that are dear to make, kept as .npy files and made by all cores."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import FunctionType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from training import demo

# Files of the catalogue that change neither a picture nor a sound.
_NOT_MAKERS = ("dataset.py", "queries.py", "write.py")


def catalogue_digest() -> str:
    """Return a name for the code that makes the catalogue: changed code never meets old arrays."""
    folder = Path(demo.__path__[0])
    sources = b"".join(
        path.read_bytes() for path in sorted(folder.glob("*.py")) if path.name not in _NOT_MAKERS
    )
    return hashlib.sha256(sources).hexdigest()[:12]


def cached(
    folder: Path, name: str, make: Callable[[Any], NDArray[Any]], arguments: Sequence[Any], workers: int
) -> NDArray[Any]:
    """Return np.stack of make(argument) for all arguments, from *folder* where the same was made before."""
    path = folder / f"{name}-{_digest(make, arguments)}.npy"
    if not path.exists():
        print(f"making {len(arguments)} {name}", flush=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(workers) as pool:
            save(path, np.stack(list(pool.map(make, arguments, chunksize=64))))
    loaded: NDArray[Any] = np.load(path, mmap_mode="r")
    return loaded


def _digest(make: Callable[[Any], NDArray[Any]], arguments: Sequence[Any]) -> str:
    """Name the code that makes an array and everything it is made from."""
    made_by = cast("FunctionType", make).__code__.co_code + repr(list(arguments)).encode()
    return hashlib.sha256(made_by).hexdigest()[:12]


def save(path: Path, array: NDArray[Any]) -> None:
    """Write an array so that an interrupted run leaves no half file behind."""
    partial = path.with_suffix(".partial.npy")
    np.save(partial, array)
    partial.replace(path)
