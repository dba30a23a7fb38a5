import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from training.contrastive.folders import RunFolder
from training.contrastive.gather import join_world
from training.contrastive.recipe_file import recipe_values
from training.contrastive.state import own_weights
from training.contrastive.train_pack import train
from training.errors import TrainingError

_WORKER = """
import json, os, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from training.contrastive.folders import RunFolder
from training.contrastive.gather import join_world, leave_world, world
from training.contrastive.recipe_file import parse_recipe
from training.contrastive.state import own_weights
from training.contrastive.train_pack import train
from training.data.records import read_dataset

manifest, folder, recipe = sys.argv[1:]
device = join_world()
trained = train(read_dataset(Path(manifest)), parse_recipe(json.loads(recipe)), RunFolder(Path(folder)), device)
if world()[0] == 0:
    weights = {name: own_weights(encoder) for name, encoder in trained.encoders.items()}
    torch.save({"weights": weights, "figures": dict(trained.figures), "world": world()[1]}, folder + "/out.pt")
leave_world()
"""


def _recipe(recipe):
    """Return a recipe without what is each process's own: augmentation and the statistics of a batch."""
    return recipe(
        text={"augment": False},
        image={"augment": False, "frozen": True},
        optimiser={"steps": 6},
        loss={"prototype_weight": 0.5},
        hard_negatives={"share": 0.25, "every_steps": 3},
        watch={"refit": True},
        fusion={"steps": 0},
    )


def test_more_processes_than_gpus_are_refused(monkeypatch):
    """Who starts two processes beside one GPU is told so before anything is computed."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setenv("LOCAL_RANK", "1")
    with pytest.raises(TrainingError, match="this machine has 1"):
        join_world()


@pytest.mark.slow
def test_two_processes_learn_what_one_learns(manifest, dataset, recipe, tmp_path):
    """torchrun with two gloo processes and the same global batch ends with the weights of one process."""
    chosen, script = _recipe(recipe), tmp_path / "worker.py"
    script.write_text(_WORKER)
    launch = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc_per_node=2",
        str(script),
    ]
    arguments = [str(manifest), str(tmp_path / "two"), json.dumps(recipe_values(chosen))]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "OMP_NUM_THREADS": "1"}
    environment["CUDA_VISIBLE_DEVICES"] = ""
    done = subprocess.run([*launch, *arguments], env=environment, check=False, capture_output=True)
    assert 0 == done.returncode, done.stderr.decode()[:3000]
    two = torch.load(tmp_path / "two" / "out.pt")
    one = train(dataset, chosen, RunFolder(tmp_path / "one"), torch.device("cpu"))
    assert 2 == two["world"]
    assert set(one.figures) == set(two["figures"])
    for name, encoder in one.encoders.items():
        torch.testing.assert_close(two["weights"][name], own_weights(encoder), atol=1e-5, rtol=1e-4)
