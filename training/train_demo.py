"""Train the demonstration pack from nothing on a small machine: `python -m training.train_demo`.

    python -m training.train_demo                  # all stages; finished ones are kept
    python -m training.train_demo --fresh          # forget what is there (the cache of pictures and speech stays)
    python -m training.train_demo --effort 0.1     # a tenth of the steps: is everything in place?

Stages: text; then image and audio side by side, one core each; then fusion. Each leaves its weights in the
output folder, with the recipe (training/recipe.py) and the figures on the dev split. The run fails when a
figure misses its floor.
"""

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from training.data.cache import catalogue_digest
from training.evaluate_demo import evaluate, table
from training.memory import keep_freed_memory
from training.pack import load_pack, weights_file
from training.recipe import FLOORS, Recipe, scaled
from training.run import Run

WORKERS = os.cpu_count() or 1
_ORDER = (("text",), ("image", "audio"), ("fusion",))


def train(recipe: Recipe, folder: Path) -> None:
    """Run the stages that have not left their weights in *folder* yet."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.json").write_text(json.dumps(asdict(recipe), indent=2) + "\n")
    Run(recipe, folder, WORKERS).prepare()
    for together in _ORDER:
        _side_by_side(recipe, folder, [name for name in together if not weights_file(folder, name).exists()])


def _side_by_side(recipe: Recipe, folder: Path, stages: Sequence[str]) -> None:
    """Give each stage a process and its share of the cores: threads that wait for one another cost more."""
    threads = max(1, WORKERS // max(1, len(stages)))
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_stage, args=(recipe, folder, name, threads), name=name) for name in stages
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    failed = [process.name for process in processes if process.exitcode != 0]
    if failed:
        raise SystemExit(f"stages that failed: {', '.join(failed)}")


def _stage(recipe: Recipe, folder: Path, name: str, threads: int) -> None:
    keep_freed_memory()
    torch.set_num_threads(threads)
    torch.manual_seed(recipe.seed)
    getattr(Run(recipe, folder, threads), name)()


def forget(folder: Path) -> None:
    """Remove the weights and figures of earlier runs; the cache stays."""
    for path in folder.glob("*"):
        if path.is_file():
            path.unlink()


def main() -> None:
    """Train, evaluate on dev, and fail loudly when a floor is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("var/train-demo"), help="where everything is written"
    )
    parser.add_argument("--effort", type=float, default=1.0, help="factor on the steps of every stage")
    parser.add_argument("--fresh", action="store_true", help="train all stages anew")
    arguments = parser.parse_args()
    if arguments.fresh:
        forget(arguments.folder)
    train(scaled(Recipe(), arguments.effort), arguments.folder)
    figures = evaluate(load_pack(arguments.folder), "dev", arguments.folder / catalogue_digest(), WORKERS)
    (arguments.folder / "dev.json").write_text(json.dumps(figures, indent=2) + "\n")
    print(table(figures))
    missed = [name for name, floor in FLOORS.items() if figures[name] < floor]
    if missed:
        sys.exit(f"below the floor on dev: {', '.join(missed)}")


if __name__ == "__main__":
    main()
