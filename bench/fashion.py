"""Fashion photos, titles and colours: a pack trained on the train split, judged on dev, offline and served.

    python -m bench.fashion [DATA] [--backbone FILE] [--resume | --trained] [--offline] [--served-queries 400]

DATA is the folder `fashion_product_images`, FILE a MobileNetV2 backbone; neither is part of this repository. The recipe
bench/recipes/fashion.toml is trained by the product's own trainer into a pack. Everything is asked among the products of
dev, offline through the networks in this process, and (a part of the queries) through a suite that serves the pack:

    title → photo          R@10; beside it two small InfoNCE heads over the frozen backbones (mean over seeds)
    photo + other colour   "blue" beside a photo: the same article and gender in that colour, wherever dev has one;
                           P@10: precision among the first min(10, right ones). The photo's own product may not
                           answer. In photo vectors and in fused vectors, by every fusion; also among train and dev.

Intervals are bootstrapped over products. Writes bench/out/fashion.json.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from bench import reporting
from bench.fashion_baseline import Baseline
from bench.fashion_data import Fashion, colour_queries, copy_fashion, title_queries, write_manifest
from bench.own_suite import own_suite
from bench.ratios import Ratio, ratio_interval
from training.contrastive.folders import RunFolder
from training.contrastive.fusion_table import FusionRow, as_table
from training.contrastive.recipe import Recipe
from training.contrastive.recipe_file import read_recipe
from training.contrastive.train_pack import PackFacts, train_pack
from training.data.dataset import Record
from training.data.records import read_dataset
from training.evaluation.answers import Answer, Search
from training.evaluation.bootstrap import mean_interval, paired_difference
from training.evaluation.offline import OfflineSearch
from training.evaluation.queries import FUSIONS, Query
from training.evaluation.suite import SuiteSearch

HERE = Path(__file__).parent
SHARED = Path("../shared")
MODALITIES = ("text", "image")
SPACES = ("image", "fused")
CUTOFF = 10
PLAIN, LEARNED = "weighted_sum", "learned"
BASELINE_SEEDS = 3
PACK, MINUTES_FILE = "fashion", "training_minutes.txt"
Numbers = NDArray[np.float64]


def recipe_of(backbone: Path, seed: int | None) -> Recipe:
    """Return the recipe, with *backbone* in the place of its own."""
    recipe = read_recipe(HERE / "recipes" / "fashion.toml")
    assert recipe.image is not None
    options = {**recipe.image.options, "path": str(backbone.resolve())}
    recipe = replace(recipe, image=replace(recipe.image, options=options))
    return recipe if seed is None else replace(recipe, seed=seed)


def found_at_10(queries: Sequence[Query], answers: Sequence[Answer]) -> Numbers:
    """Return 1 for each query with its right one among the first ten, else 0 [Q]."""
    return np.array(
        [
            any(one in query.right for one in answer.ids[:CUTOFF])
            for query, answer in zip(queries, answers, strict=True)
        ],
        float,
    )


def precision_at_10(queries: Sequence[Query], answers: Sequence[Answer]) -> Numbers:
    """Return the share of right ones among the first min(10, right ones), as training/metrics.py has it [Q]."""
    return _right_of_first(queries, answers, [len(query.right) for query in queries])


def found_of_10(queries: Sequence[Query], answers: Sequence[Answer]) -> Numbers:
    """Return how many of min(10, right ones) are among the first ten, in whatever order [Q]."""
    return _right_of_first(queries, answers, [CUTOFF] * len(queries))


def _right_of_first(queries: Sequence[Query], answers: Sequence[Answer], counts: Sequence[int]) -> Numbers:
    return np.array(
        [
            sum(one in query.right for one in answer.ids[: min(CUTOFF, count)])
            / min(CUTOFF, len(query.right))
            for query, answer, count in zip(queries, answers, counts, strict=True)
        ]
    )


MEASURES = {"P@10": precision_at_10, "found of 10": found_of_10}


def titles(search: Search, data: Fashion, baseline: Sequence[NDArray[Any]]) -> dict[str, Any]:
    """Return R@10 of the pack and of the baseline, and the interval of their difference."""
    queries = title_queries(data.dev)
    own = found_at_10(queries, search.answers(data.dev, queries))
    theirs = np.mean([ranks <= CUTOFF for ranks in baseline], axis=0)
    difference = paired_difference(own, theirs)
    return {
        "queries": len(queries),
        "pack": difference.a,
        "pack_interval": mean_interval(own),
        "baseline": difference.b,
        "baseline_seeds": [float((ranks <= CUTOFF).mean()) for ranks in baseline],
        "difference_interval": (difference.low, difference.high),
    }


def colours(search: Search, asked: Sequence[Record], products: Sequence[Record]) -> list[dict[str, Any]]:
    """Return each measure by space and fusion, and the ratio of each fusion to the weighted sum."""
    rows = []
    for space in SPACES:
        by_fusion = {fusion: colour_queries(asked, products, space, fusion) for fusion in FUSIONS}
        found = iter(search.answers(products, [one for queries in by_fusion.values() for one in queries]))
        answers = {fusion: [next(found) for _ in queries] for fusion, queries in by_fusion.items()}
        owners = [query.excluded or "" for query in by_fusion[PLAIN]]
        for name, measure in MEASURES.items():
            scores = {fusion: measure(queries, answers[fusion]) for fusion, queries in by_fusion.items()}
            rows += [
                {
                    "space": space,
                    "measure": name,
                    "fusion": fusion,
                    "queries": len(owners),
                    "mean": float(values.mean()),
                    "ratio": asdict(ratio_interval(values, scores[PLAIN], owners)),
                }
                for fusion, values in scores.items()
            ]
    return rows


def served(pack: Path, folder: Path, data: Fashion, count: int) -> dict[str, Any]:
    """Return how a suite that serves *pack* answers, beside the same queries offline; its state is in *folder*."""
    queries = {"title → photo, R@10": title_queries(data.dev)}
    for space in SPACES:
        for fusion in (PLAIN, LEARNED):
            every = colour_queries(data.dev, data.dev, space, fusion)
            some = [every[at * len(every) // count] for at in range(min(count, len(every)))]
            queries[f"photo + colour, P@10, {space} vectors, {fusion}"] = some
    together = [query for some in queries.values() for query in some]
    offline = OfflineSearch(pack, MODALITIES).answers(data.dev, together)
    with own_suite(pack, folder) as address:
        through = SuiteSearch(address, MODALITIES).answers(data.dev, together)
    figures, at = {}, 0
    for name, some in queries.items():
        judge = found_at_10 if name.startswith("title") else precision_at_10
        part = slice(at, at := at + len(some))
        figures[name] = {
            "queries": len(some),
            "offline": float(judge(some, offline[part]).mean()),
            "served": float(judge(some, through[part]).mean()),
        }
    return figures


def table_of(report: dict[str, Any]) -> Table:
    """Return the figures, a row each."""
    table = Table("what", "figure", "95 % interval", title="Fashion, dev split", title_justify="left")
    title = report["titles"]
    seeds = ", ".join(f"{one:.3f}" for one in title["baseline_seeds"])
    table.add_row("title → photo, R@10, this pack", f"{title['pack']:.4f}", _interval(title["pack_interval"]))
    table.add_row(f"two small heads (seeds: {seeds})", f"{title['baseline']:.4f}", "")
    table.add_row(
        "difference",
        f"{title['pack'] - title['baseline']:+.4f}",
        _interval(title["difference_interval"]),
    )
    for among in ("dev", "train and dev"):
        for row in report["colours"][among]:
            ratio = Ratio(**row["ratio"])
            table.add_row(
                f"photo + colour among {among}, {row['measure']}, {row['space']} vectors, {row['fusion']}",
                f"{row['mean']:.4f}",
                f"x {ratio.value:.2f} ({ratio.low:.2f} … {ratio.high:.2f})",
            )
    for name, row in report["served"].items():
        table.add_row(f"{name}: offline, served", f"{row['offline']:.4f}, {row['served']:.4f}", "")
    return table


def _interval(bounds: Sequence[float]) -> str:
    return f"{bounds[0]:+.4f} … {bounds[1]:+.4f}"


def parsed() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = reporting.parser(__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=SHARED / "data" / "fashion_product_images")
    parser.add_argument(
        "--backbone", type=Path, default=SHARED / "weights" / "mobilenet_v2_imagenet_backbone.onnx"
    )
    parser.add_argument(
        "--work", type=Path, default=Path("var/fashion"), help="copies, the pack, the suite's state"
    )
    parser.add_argument("--seed", type=int, help="in place of the recipe's own")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--resume", action="store_true", help="go on from a checkpoint")
    parser.add_argument("--trained", action="store_true", help="judge the pack that was trained before")
    parser.add_argument("--offline", action="store_true", help="start no suite")
    parser.add_argument("--served-queries", type=int, default=400, help="colour queries of a kind")
    return parser.parse_args()


def train(data: Fashion, arguments: argparse.Namespace) -> None:
    """Train the pack; how long it took stands beside it afterwards."""
    started = time.monotonic()
    train_pack(
        read_dataset(write_manifest(data)),
        recipe_of(arguments.backbone, arguments.seed),
        arguments.work / PACK,
        PackFacts(PACK, licence="for evaluation only", languages=("en",)),
        resume=arguments.resume,
    )
    minutes = (time.monotonic() - started) / 60
    (arguments.work / MINUTES_FILE).write_text(f"{minutes:.1f}\n")


def main() -> None:
    """Train, measure, print, write."""
    arguments = parsed()
    for needed in (arguments.data / "styles.csv", arguments.backbone):
        if not needed.exists():
            raise SystemExit(
                f"{needed} is absent: Fashion Product Images and a backbone must be brought along"
            )
    torch.set_num_threads(arguments.threads)
    data = copy_fashion(arguments.data, arguments.work.resolve() / "data")
    if not arguments.trained:
        train(data, arguments)
    report = judge(data, arguments)
    Console().print(table_of(report), as_table([FusionRow(**row) for row in report["fusions"]]))
    out = HERE / "out" / "fashion.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")


def judge(data: Fashion, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return everything that is measured of the trained pack."""
    pack = arguments.work / PACK
    run = RunFolder.beside(pack)
    seed = int(json.loads(run.recipe.read_text())["seed"])
    baseline = Baseline(arguments.backbone, data.train, data.dev)
    ranks = [baseline.ranks(seed + at) for at in range(BASELINE_SEEDS)]
    search = OfflineSearch(pack, MODALITIES)
    report = {
        "seed": seed,
        "training_minutes": float((arguments.work / MINUTES_FILE).read_text()),
        "titles": titles(search, data, ranks),
        "colours": {
            "dev": colours(search, data.dev, data.dev),
            "train and dev": colours(search, data.dev, data.all),
        },
        "fusions": json.loads(run.figures.read_text())["fusion"],
    }
    count = arguments.served_queries
    through = {} if arguments.offline else served(pack, arguments.work / "suite", data, count)
    return report | {"served": through}


if __name__ == "__main__":
    main()
