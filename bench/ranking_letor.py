"""Ranking networks beside LightGBM's lambdarank with default settings, on the same folds of LightGBM's example data.

    python -m bench.ranking_letor [DATA] [--folds 5] [--repeats 3] [--seed 0] [--losses ranknet]

DATA is the folder with rank.train and rank.train.query (MIT licence, not part of this repository): 201 queries, 3005
rows, labels 0-4, some 300 sparse features. NDCG@5 with gains 2^label - 1, each query held out once per repetition.
LightGBM is asked twice, with features that a line leaves out as 0 (as its own file reader does) and as missing; it must be
installed (pip install lightgbm). Intervals are paired bootstraps over queries. Writes bench/out/ranking_letor.json.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from bench import reporting
from training.data.letor import read_letor
from training.data.ranking import Ranking
from training.evaluation.bootstrap import mean_interval, paired_difference
from training.ranking.cross_validate import fold_masks, held_out_scores, query_ndcg
from training.ranking.recipe import LOSSES, RankingRecipe

DATA = Path("../shared/data/lightgbm_lambdarank")
OUT = Path(__file__).parent / "out" / "ranking_letor.json"
CUTOFF = 5
BASELINES = ("LightGBM, left out = 0", "LightGBM, left out = missing")

Scores = NDArray[np.float32]


def lightgbm_scores(ranking: Ranking, folds: int, seed: int) -> Scores:
    """Return held-out scores (N,) of LGBMRanker with default settings."""
    import lightgbm

    scores = np.empty(len(ranking.labels), np.float32)
    for held_out in fold_masks(ranking.queries, folds, seed):
        taught = ~held_out
        _, sizes = np.unique(ranking.queries[taught], return_counts=True)
        model = lightgbm.LGBMRanker(n_jobs=1, verbose=-1, random_state=seed)
        model.fit(ranking.features[taught], ranking.labels[taught], group=sizes)
        scores[held_out] = model.predict(ranking.features[held_out])
    return scores


def ways(ranking: Ranking, losses: list[str], folds: int) -> dict[str, Callable[[int], Scores]]:
    """Return what makes held-out scores from a seed, by its name."""
    zeros = Ranking(np.nan_to_num(ranking.features), ranking.labels, ranking.queries)

    def network(loss: str) -> Callable[[int], Scores]:
        return lambda seed: held_out_scores(ranking, RankingRecipe(loss=loss, cutoff=CUTOFF), folds, seed)

    boosted = {
        BASELINES[0]: lambda seed: lightgbm_scores(zeros, folds, seed),
        BASELINES[1]: lambda seed: lightgbm_scores(ranking, folds, seed),
    }
    return boosted | {loss: network(loss) for loss in losses}


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--losses", nargs="+", choices=LOSSES, default=LOSSES)
    arguments = parser.parse_args()
    path = arguments.data / "rank.train"
    reporting.needs(path)
    ranking = read_letor(path, missing=float("nan"))
    figures, rows = {}, []
    for name, way in ways(ranking, list(arguments.losses), arguments.folds).items():
        runs = [
            query_ndcg(ranking, way(arguments.seed + repeat), CUTOFF) for repeat in range(arguments.repeats)
        ]
        figures[name] = np.mean(runs, axis=0).astype(np.float64)
        low, high = mean_interval(figures[name], arguments.seed)
        row = {
            "ranking": name,
            "ndcg@5": round(float(figures[name].mean()), 4),
            "interval": f"[{low:.4f}, {high:.4f}]",
            "by repetition": " ".join(f"{run.mean():.4f}" for run in runs),
        }
        for baseline in BASELINES:
            if baseline in figures:
                difference = paired_difference(figures[name], figures[baseline], arguments.seed)
                row[f"minus {baseline}"] = (
                    f"{difference.a - difference.b:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"
                )
        rows.append(row)
        print(row, flush=True)
    table = Table(title=f"NDCG@{CUTOFF}, {arguments.folds} folds, {arguments.repeats} repetitions")
    for column in rows[-1]:
        table.add_column(column)
    for row in rows:
        table.add_row(*(str(row.get(column, "")) for column in rows[-1]))
    Console(width=160).print(table)
    reporting.keep(rows, OUT)


if __name__ == "__main__":
    main()
