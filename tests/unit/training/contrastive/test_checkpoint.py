import random
import resource
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from training.contrastive.checkpoint import (
    load_checkpoint,
    random_states,
    restore_random_states,
    save_checkpoint,
)
from training.errors import TrainingError


@contextmanager
def file_size_at_most(size_bytes):
    """Let no file of this process grow beyond a size: writing on fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_is_saved_is_loaded(tmp_path):
    """Tensors and plain values come back as they were."""
    save_checkpoint(tmp_path / "c.pt", {"weights": {"a": torch.arange(3)}, "done": 7})
    state = load_checkpoint(tmp_path / "c.pt")
    assert 7 == state["done"]
    assert [0, 1, 2] == state["weights"]["a"].tolist()


def test_full_disk_leaves_the_earlier_checkpoint_intact(tmp_path):
    """A checkpoint that cannot be written whole is said so, leaves no rest, and the one before still loads."""
    path = tmp_path / "c.pt"
    save_checkpoint(path, {"done": 1})
    with file_size_at_most(100_000), pytest.raises(TrainingError, match="the checkpoint before is intact"):
        save_checkpoint(path, {"done": 2, "weights": torch.zeros(1_000_000)})
    assert 1 == load_checkpoint(path)["done"]
    assert [path] == list(tmp_path.iterdir())


def test_broken_checkpoint_is_refused(tmp_path):
    """Half a file is named, not trained on."""
    path = tmp_path / "c.pt"
    save_checkpoint(path, {"weights": torch.zeros(1000)})
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(TrainingError, match=r"c\.pt: the checkpoint cannot be read"):
        load_checkpoint(path)


def test_checkpoint_may_hold_no_code(tmp_path):
    """A file that would run code when it is read is refused: checkpoints may come from elsewhere."""
    torch.save({"format": 1, "x": print}, tmp_path / "c.pt")
    with pytest.raises(TrainingError, match="cannot be read"):
        load_checkpoint(tmp_path / "c.pt")


def test_random_numbers_go_on_where_they_were(tmp_path):
    """Python's, NumPy's and torch's random numbers are the same after the states went through a file."""
    save_checkpoint(tmp_path / "c.pt", {"random": random_states()})
    drawn = (random.random(), np.random.rand(), torch.rand(3).tolist())  # noqa: NPY002
    restore_random_states(load_checkpoint(tmp_path / "c.pt")["random"])
    assert drawn == (random.random(), np.random.rand(), torch.rand(3).tolist())  # noqa: NPY002
