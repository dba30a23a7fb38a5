import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from training.contrastive import trainer as trainer_module
from training.contrastive.checkpoint import load_checkpoint, save_checkpoint
from training.contrastive.folders import RunFolder
from training.contrastive.recipe_file import recipe_values
from training.contrastive.state import own_weights
from training.contrastive.train_pack import train
from training.contrastive.trainer import Trainer
from training.data.records import read_dataset
from training.errors import TrainingError

CPU = torch.device("cpu")
_KILLED = """
import json, os, signal, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from training.contrastive.folders import RunFolder
from training.contrastive.recipe_file import parse_recipe
from training.contrastive.train_pack import train
from training.contrastive.trainer import Trainer
from training.data.records import read_dataset

step = Trainer._step
def killed_in(self, batch):
    if self.done == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, batch)
Trainer._step = killed_in
recipe = parse_recipe(json.loads(sys.argv[3]))
train(read_dataset(Path(sys.argv[1])), recipe, RunFolder(Path(sys.argv[2])), torch.device("cpu"))
"""


def _weights(trained):
    state = {name: own_weights(encoder) for name, encoder in trained.encoders.items()}
    state["fusion"] = own_weights(trained.fusion)
    return {f"{part}.{name}": value for part, values in state.items() for name, value in values.items()}


def _rich(recipe):
    """Return a recipe with everything that has a state: dropout, companions, running mean, prototypes."""
    return recipe(
        text={"options": {"buckets": 256, "width": 16, "head": "mlp"}},
        optimiser={"ema": 0.9},
        hard_negatives={"share": 0.25, "nearest": 3, "every_steps": 4},
        loss={"prototype_weight": 0.5},
        watch={"refit": True},
    )


@pytest.mark.slow
def test_a_run_killed_in_mid_epoch_ends_like_one_that_never_stopped(manifest, dataset, recipe, tmp_path):
    """kill -9 between two checkpoints, then resume: figures, fusion table and all weights are equal to the bit."""
    chosen = _rich(recipe)
    whole = train(dataset, chosen, RunFolder(tmp_path / "whole"), CPU)
    arguments = [str(manifest), str(tmp_path / "killed"), json.dumps(recipe_values(chosen)), "8"]
    child = subprocess.run(
        [sys.executable, "-c", _KILLED, *arguments],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        check=False,
        capture_output=True,
    )
    assert -signal.SIGKILL == child.returncode, child.stderr.decode()[-500:]
    resumed = train(read_dataset(manifest), chosen, RunFolder(tmp_path / "killed"), CPU, resume=True)
    assert whole.figures == resumed.figures
    assert whole.table == resumed.table
    expected, actual = _weights(whole), _weights(resumed)
    assert expected.keys() == actual.keys()
    assert [name for name in expected if not torch.equal(expected[name], actual[name])] == []


def _disk_full_at(monkeypatch, done):
    """Let no file grow beyond half a checkpoint while that of a step is written."""

    def save(path, state):
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        if state.get("done") == done:
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size // 2, limits[1]))
        try:
            save_checkpoint(path, state)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    monkeypatch.setattr(trainer_module, "save_checkpoint", save)


def _no_numbers_from(monkeypatch, done):
    """Let the picture encoder return no numbers from a step on."""
    step = Trainer._step

    def broken(self, batch):
        if self.done == done:
            self.space.encoder("image").project = lambda features: features * torch.nan
        return step(self, batch)

    monkeypatch.setattr(Trainer, "_step", broken)


@pytest.mark.parametrize(
    ("trouble", "at", "said", "kept"),
    [
        (_disk_full_at, 6, r"no checkpoint could be written: .*go on from it with --resume", 3),
        (_no_numbers_from, 7, r"loss of step .*intact", 6),
    ],
)
def test_a_run_that_stopped_with_an_error_ends_like_one_that_never_did(
    dataset, recipe, tmp_path, monkeypatch, trouble, at, said, kept
):
    """What stopped it is told; once that is mended, the run goes on to the same figures and weights."""
    chosen = recipe(optimiser={"bad_steps_max": 1, "ema": 0.9}, watch={"refit": True})
    whole = train(dataset, chosen, RunFolder(tmp_path / "whole"), CPU)
    with monkeypatch.context() as patched:
        trouble(patched, at)
        with pytest.raises(TrainingError, match=said):
            train(dataset, chosen, RunFolder(tmp_path / "stopped"), CPU)
    assert kept == load_checkpoint(tmp_path / "stopped" / "checkpoint.pt")["done"]

    resumed = train(dataset, chosen, RunFolder(tmp_path / "stopped"), CPU, resume=True)

    assert whole.figures == resumed.figures
    assert whole.table == resumed.table
    expected, actual = _weights(whole), _weights(resumed)
    assert [name for name in expected if not torch.equal(expected[name], actual[name])] == []


def test_resuming_a_finished_run_trains_nothing(dataset, recipe, tmp_path, monkeypatch):
    """A finished run only repeats its last stage; other fusion settings need no new encoders."""
    folder = RunFolder(tmp_path / "run")
    first = train(dataset, recipe(), folder, CPU)
    monkeypatch.setattr(Trainer, "_step", None)
    again = train(dataset, recipe(fusion={"steps": 2}), folder, CPU, resume=True)
    assert first.figures == again.figures


def test_checkpoint_of_another_recipe_or_data_is_refused(dataset, recipe, tmp_path):
    """Going on with other settings would be neither the one training nor the other."""
    folder = RunFolder(tmp_path / "run")
    train(dataset, recipe(fusion={"steps": 0}), folder, CPU)
    with pytest.raises(TrainingError, match="another recipe or other data"):
        train(dataset, recipe(optimiser={"batch": 10}), folder, CPU, resume=True)


def test_the_same_seed_gives_the_same_pack_and_another_one_another(dataset, recipe, tmp_path):
    """Threads that make batches ahead do not decide anything."""
    few = {"optimiser": {"steps": 3}, "fusion": {"steps": 2}}
    first = _weights(train(dataset, recipe(**few), RunFolder(tmp_path / "a"), CPU))
    second = _weights(train(dataset, recipe(**few, workers=1), RunFolder(tmp_path / "b"), CPU))
    other = _weights(train(dataset, recipe(**few, seed=8), RunFolder(tmp_path / "c"), CPU))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)
