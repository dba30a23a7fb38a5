"""Real shop queries with people's judgements: a learned ranking network beside BM25, text vectors, and RRF of the two.

    python -m bench.crowdflower [DATA] [--folds 5] [--repeats 3] [--seed 0] [--work var/crowdflower]

DATA is pairs.csv.gz of the Crowdflower search relevance data: query, product_title, product_description,
median_relevance 1-4; it is not part of this repository. NDCG@10 with gains 2^relevance - 1, every query held out once by
each repetition's group folds; what is tuned (when to stop, which of the three losses) is decided inside the other folds.
The intervals are paired bootstraps over queries. Writes bench/out/crowdflower.json.
"""

import argparse
import csv
import gzip
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bench import reporting
from bench.crowdflower_features import Values, features, feedback
from training.data.ranking import Ranking
from training.evaluation.bootstrap import paired_difference
from training.networks.registry import build_encoder
from training.ranking.cross_validate import fold_masks, query_ndcg
from training.ranking.fit import fit
from training.ranking.lists import lists_of
from training.ranking.recipe import LOSSES, RankingRecipe

DATA = Path("../shared/data/crowdflower_search/pairs.csv.gz")
OUT = Path(__file__).parent / "out" / "crowdflower.json"
CUTOFF = 10
RRF_K = 60
BATCH = 64
# Twelve features and a hundred queries: a linear network, free to move fast.
RECIPE = RankingRecipe(
    hidden=(),
    input_dropout=0.0,
    hidden_dropout=0.0,
    learning_rate=2e-2,
    weight_decay=1e-3,
    lists_per_batch=16,
    epochs_max=20,
    patience=8,
    repeats=1,
    cutoff=CUTOFF,
)


@dataclass(frozen=True)
class Pairs:
    """Queries and products with people's judgement, 1 to 4, sorted by query."""

    queries: list[str]
    titles: list[str]
    descriptions: list[str]
    labels: NDArray[np.int64]

    def ids(self) -> NDArray[np.int64]:
        """Return a number per pair that tells its query."""
        return np.unique(self.queries, return_inverse=True)[1].astype(np.int64)


def read_pairs(path: Path) -> Pairs:
    """Read the data."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["query"])
    queries, titles, descriptions = (
        [row[name] for row in rows] for name in ("query", "product_title", "product_description")
    )
    return Pairs(queries, titles, descriptions, np.array([int(row["median_relevance"]) for row in rows]))


def embedded(pairs: Pairs, work: Path) -> tuple[Values, NDArray[np.float32]]:
    """Return the cosines (N,) of all-MiniLM-L6-v2's vectors of query and title, and the titles' vectors (N, 384).

    They are kept in *work* once they are made.
    """
    kept = work / "vectors.npz"
    if not kept.exists():
        queries = sorted(set(pairs.queries))
        vectors = encode([*queries, *pairs.titles])
        work.mkdir(parents=True, exist_ok=True)
        np.savez(kept, queries=vectors[: len(queries)], titles=vectors[len(queries) :])
    with np.load(kept) as vectors:
        titles = vectors["titles"]
        return (vectors["queries"][pairs.ids()] * titles).sum(1).astype(np.float64), titles


@torch.inference_mode()
def encode(texts: list[str]) -> NDArray[np.float32]:
    """Return unit vectors (len(texts), 384); texts of like length share a batch, so that little is padding."""
    encoder = build_encoder("text", "pretrained", 384, {"path": "minilm"}).eval()
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    vectors = np.empty((len(texts), 384), np.float32)
    for start in range(0, len(order), BATCH):
        chunk = order[start : start + BATCH]
        vectors[chunk] = encoder(*encoder.prepare([texts[at] for at in chunk])).numpy()
    return vectors


def reciprocal_rank_fusion(ids: NDArray[np.int64], *scores: Values) -> Values:
    """Return Σ 1 / (60 + rank) over the orders that *scores* put each query's products in (Cormack et al. 2009)."""
    fused = np.zeros(len(ids))
    for score in scores:
        for query in range(ids.max() + 1):
            rows = np.flatnonzero(ids == query)
            fused[rows[np.argsort(-score[rows], kind="stable")]] += 1 / (RRF_K + 1 + np.arange(len(rows)))
    return fused


def without_ties(ids: NDArray[np.int64], scores: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return scores of the same order in which equal ones fall in the order of the data: BM25 has many."""
    places = np.empty(len(ids), np.float32)
    places[np.lexsort((np.arange(len(ids)), -scores, ids))] = -np.arange(len(ids))
    return places


def learned(ranking: Ranking, folds: int, seed: int) -> tuple[dict[str, NDArray[np.float32]], list[str]]:
    """Return held-out scores (N,) of each loss and of the loss chosen inside, and the choice of each fold."""
    scores = {name: np.empty(len(ranking.labels), np.float32) for name in (*LOSSES, "chosen inside")}
    chosen = []
    for held_out in fold_masks(ranking.queries, folds, seed):
        taught, rows = ~held_out, torch.from_numpy(ranking.features[held_out])
        lists = lists_of(ranking.features[taught], ranking.labels[taught], ranking.queries[taught])
        fitted = {loss: fit(lists, replace(RECIPE, loss=loss, seed=seed)) for loss in LOSSES}
        with torch.inference_mode():
            for loss, each in fitted.items():
                scores[loss][held_out] = each.network(rows).numpy()
        chosen.append(max(LOSSES, key=lambda loss: fitted[loss].ndcg))
        scores["chosen inside"][held_out] = scores[chosen[-1]][held_out]
    return scores, chosen


def measure(pairs: Pairs, arguments: argparse.Namespace) -> dict[str, Values]:
    """Return NDCG@10 of each query by each way to rank, learned ones as means over several dealings of folds."""
    ids, repeats = pairs.ids(), arguments.repeats
    similarity, vectors = embedded(pairs, arguments.work)
    given = features(pairs.queries, pairs.titles, pairs.descriptions, similarity)
    if not arguments.without_feedback:
        given["similarity_first"] = feedback(ids, similarity, vectors)
    ranking = Ranking(np.stack(list(given.values()), axis=1).astype(np.float32), pairs.labels, ids)
    plain = {
        "BM25 of titles": given["lexical"],
        "MiniLM cosine": similarity,
        "RRF of the two": reciprocal_rank_fusion(ids, given["lexical"], similarity),
    }
    figures = {
        name: query_ndcg(ranking, without_ties(ids, score), CUTOFF).astype(np.float64)
        for name, score in plain.items()
    }
    for repeat in range(repeats):
        scores, chosen = learned(ranking, arguments.folds, arguments.seed + repeat)
        print(f"repetition {repeat + 1} of {repeats}: chosen inside {', '.join(chosen)}", flush=True)
        for name, score in scores.items():
            figure = query_ndcg(ranking, without_ties(ids, score), CUTOFF) / repeats
            figures[f"network, {name}"] = figures.get(f"network, {name}", np.zeros(len(figure))) + figure
    return figures


def report(figures: Mapping[str, Values], seed: int) -> list[dict[str, object]]:
    """Return a row per way to rank, with its differences from BM25 and from the cosine."""
    rows = []
    for name, figure in figures.items():
        row: dict[str, object] = {"ranking": name, "ndcg@10": round(float(figure.mean()), 4)}
        for other in ("BM25 of titles", "MiniLM cosine"):
            difference = paired_difference(figure, figures[other], seed)
            row[f"minus {other}"] = (
                f"{difference.a - difference.b:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"
            )
        rows.append(row)
    return rows


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path("var/crowdflower"), help="keeps the vectors")
    parser.add_argument("--without-feedback", action="store_true", help="no likeness to the first results")
    arguments = parser.parse_args()
    reporting.needs(arguments.data)
    pairs = read_pairs(arguments.data)
    figures = measure(pairs, arguments)
    rows = report(figures, arguments.seed)
    reporting.show(rows, f"NDCG@{CUTOFF}, {len(set(pairs.queries))} queries, {len(pairs.queries)} pairs", 140)
    reporting.keep(rows, OUT)


if __name__ == "__main__":
    main()
