"""Customers' photos of 81 groceries: packs trained on the train photos, judged on the val photos, offline and served.

    python -m bench.grocery [DATA] [--backbone FILE] [--recipes mobilenet scratch] [--resume] [--offline]

DATA is the folder `grocery_store` (Klasson et al., WACV 2019), FILE a MobileNetV2 backbone; neither is part of this
repository. Each recipe in bench/recipes/grocery_*.toml is trained by the product's own trainer into a pack. The pack is
asked twice, through its networks in this process and through a suite of its own that serves it:

    photo → product        R@1: is the nearest of the 81 catalogue entries the right one (chance: 0.012)
    description → photos   P@10 over the val photos, which show a product at most six times: precision among the first
                           min(10, right ones), and among the first ten of all train and val photos beside it

Beside them stands logistic regression on the same backbone's frozen embeddings. Writes bench/out/grocery.json.
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from bench import reporting
from bench.grocery_baseline import logistic_regression
from bench.grocery_data import (
    Grocery,
    copy_grocery,
    description_queries,
    photo_queries,
    write_training_manifest,
)
from bench.own_suite import own_suite
from training.contrastive.recipe import Recipe
from training.contrastive.recipe_file import read_recipe
from training.contrastive.train_pack import PackFacts, train_pack
from training.data.dataset import Record
from training.data.records import read_dataset
from training.evaluation.answers import Answer, Search
from training.evaluation.offline import OfflineSearch
from training.evaluation.queries import Query
from training.evaluation.suite import SuiteSearch

HERE = Path(__file__).parent
SHARED = Path("../shared")
RECIPES = ("mobilenet", "scratch")
MODALITIES = ("text", "image")
SPACES = ("text", "image", "fused")
CUTOFF = 10
Figures = dict[str, float]


def recipe_of(name: str, backbone: Path, seed: int | None) -> Recipe:
    """Return the recipe of that name, with *backbone* in the place of its own."""
    recipe = read_recipe(HERE / "recipes" / f"grocery_{name}.toml")
    assert recipe.image is not None
    if "path" in recipe.image.options:
        options = {**recipe.image.options, "path": str(backbone.resolve())}
        recipe = replace(recipe, image=replace(recipe.image, options=options))
    return recipe if seed is None else replace(recipe, seed=seed)


def recall_at_1(queries: Sequence[Query], answers: Sequence[Answer]) -> float:
    """Return the share of queries whose first result is right."""
    return float(
        np.mean([answer.ids[0] in query.right for query, answer in zip(queries, answers, strict=True)])
    )


def precision_at_10(queries: Sequence[Query], answers: Sequence[Answer]) -> float:
    """Return the mean share of right ones among the first min(10, number of right ones)."""
    shares = []
    for query, answer in zip(queries, answers, strict=True):
        cutoff = min(CUTOFF, len(query.right))
        shares.append(sum(one in query.right for one in answer.ids[:cutoff]) / cutoff)
    return float(np.mean(shares))


def figures_of(search: Search, data: Grocery, *, all_photos: bool) -> Figures:
    """Return R@1 by the vectors that photos are compared with, and P@10; *all_photos* also over train and val."""
    asked = {space: photo_queries(data, space) for space in SPACES}
    answers = iter(search.answers(data.products, [query for space in SPACES for query in asked[space]]))
    found = {
        f"photo → product, R@1, {space} vectors": recall_at_1(
            asked[space], [next(answers) for _ in asked[space]]
        )
        for space in SPACES
    }
    found["description → val photos, P@10"] = described(search, data, data.val)
    if all_photos:
        found["description → train and val photos, P@10"] = described(search, data, (*data.train, *data.val))
    return found


def described(search: Search, data: Grocery, photos: Sequence[Record]) -> float:
    """Return P@10 of the descriptions' search in *photos*."""
    queries = description_queries(data, photos)
    return precision_at_10(queries, search.answers(photos, queries))


def train_and_judge(
    name: str, data: Grocery, manifest: Path, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Train the pack of one recipe and return its figures, offline and served, and how long training took."""
    pack = arguments.work / f"grocery-{name}"
    started = time.monotonic()
    train_pack(
        read_dataset(manifest),
        recipe_of(name, arguments.backbone, arguments.seed),
        pack,
        PackFacts(f"grocery-{name}", licence="for evaluation only", languages=("en",)),
        resume=arguments.resume,
    )
    minutes = (time.monotonic() - started) / 60
    offline = figures_of(OfflineSearch(pack, MODALITIES), data, all_photos=True)
    print(f"{name}: trained in {minutes:.1f} minutes; offline {offline}", flush=True)
    served = {} if arguments.offline else served_figures(pack, arguments.work / f"suite-{name}", data)
    training = f"{'resumed' if arguments.resume else 'trained'} in {minutes:.1f} minutes"
    return {"recipe": name, "training": training, "offline": offline, "served": served}


def served_figures(pack: Path, folder: Path, data: Grocery) -> Figures:
    """Return the figures of a suite that serves *pack*; its state is kept in *folder*."""
    with own_suite(pack, folder) as address:
        return figures_of(SuiteSearch(address, MODALITIES), data, all_photos=False)


def table_of(baseline: Mapping[float, float], runs: Sequence[Mapping[str, Any]]) -> Table:
    """Return all figures, a row each."""
    table = Table("what", "figure", "offline", "served", title="Grocery, val photos", title_justify="left")
    best = max(baseline, key=lambda strength: baseline[strength])
    table.add_row("logistic regression on frozen embeddings", f"R@1, C = {best}", f"{baseline[best]:.4f}", "")
    for run in runs:
        for figure, value in run["offline"].items():
            served = f"{run['served'][figure]:.4f}" if figure in run["served"] else ""
            table.add_row(run["recipe"], figure, f"{value:.4f}", served)
        table.add_row(run["recipe"], run["training"], "", "")
    return table


def parsed() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = reporting.parser(__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=SHARED / "data" / "grocery_store")
    parser.add_argument(
        "--backbone", type=Path, default=SHARED / "weights" / "mobilenet_v2_imagenet_backbone.onnx"
    )
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=RECIPES)
    parser.add_argument(
        "--work", type=Path, default=Path("var/grocery"), help="copies, packs, the suite's state"
    )
    parser.add_argument("--seed", type=int, help="in place of the recipes' own")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--resume", action="store_true", help="go on from checkpoints")
    parser.add_argument("--offline", action="store_true", help="start no suite")
    return parser.parse_args()


def main() -> None:
    """Train, measure, print, write."""
    arguments = parsed()
    source = arguments.data / "dataset"
    for needed in (source / "classes.csv", arguments.backbone):
        if not needed.exists():
            raise SystemExit(
                f"{needed} is absent: the Grocery Store dataset and a backbone must be brought along"
            )
    torch.set_num_threads(arguments.threads)
    data = copy_grocery(source, arguments.work.resolve() / "data")
    manifest = write_training_manifest(data)
    baseline = logistic_regression(arguments.backbone, data.train, data.val)
    runs = [train_and_judge(name, data, manifest, arguments) for name in arguments.recipes]
    Console().print(table_of(baseline, runs))
    out = HERE / "out" / "grocery.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"baseline": baseline, "runs": runs}, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
