"""Checkpoints: all that a run needs to go on as if it had never stopped, written whole or not at all."""

import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.errors import TrainingError
from training.files import whole

FORMAT = 1


def save_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write *state* (tensors and plain values) in place of an earlier checkpoint.

    Raises:
        TrainingError: it could not be written, for example since the disk is full; the earlier one is untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as partial, partial.open("wb") as file:
            torch.save({"format": FORMAT, **state}, file)
            file.flush()
            os.fsync(file.fileno())
    except (TrainingError, OSError, RuntimeError) as error:
        # torch's own writer reports a full disk as RuntimeError.
        kept = "; the checkpoint before is intact, go on from it with --resume" if path.exists() else ""
        raise TrainingError(f"no checkpoint could be written: {_first_line(error)}{kept}") from error


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint; only tensors and plain values are accepted, no code.

    Raises:
        TrainingError: there is none, it is broken, or it was written by another version.
    """
    if not path.exists():
        raise TrainingError(f"{path}: there is no checkpoint to go on from")
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise TrainingError(f"{path}: the checkpoint cannot be read ({_first_line(error)})") from error
    if state.get("format") != FORMAT:
        raise TrainingError(f"{path}: the checkpoint has format {state.get('format')}, not {FORMAT}")
    return state


def random_states() -> dict[str, Any]:
    """Return the states of the random numbers of Python, NumPy and torch, as tensors and plain values."""
    name, keys, position, has_gauss, gauss = np.random.get_state()  # noqa: NPY002 - the global one is what is kept
    return {
        "python": random.getstate(),
        "numpy": (name, torch.from_numpy(np.asarray(keys).astype(np.int64)), position, has_gauss, gauss),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def restore_random_states(states: Mapping[str, Any]) -> None:
    """Put the random numbers back to where `random_states` found them."""
    version, keys, gauss = states["python"]
    random.setstate((version, tuple(keys), gauss))
    name, numbers, *rest = states["numpy"]
    np.random.set_state((name, numbers.numpy().astype(np.uint32), *rest))  # noqa: NPY002
    torch.set_rng_state(states["torch"])
    if torch.cuda.is_available() and len(states["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(states["cuda"])


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - for libraries that draw from the global one
    torch.manual_seed(seed)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
