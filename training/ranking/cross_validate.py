"""How well a recipe orders queries that it has not learned from: group k-fold cross-validation."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from training.data.ranking import Ranking
from training.ranking.fit import fit
from training.ranking.folds import folds_of
from training.ranking.lists import lists_of
from training.ranking.ndcg import ndcg
from training.ranking.recipe import RankingRecipe


def held_out_scores(ranking: Ranking, recipe: RankingRecipe, folds: int, seed: int) -> NDArray[np.float32]:
    """Return a score (N,) for each candidate from a network that learned without its query.

    Args:
        ranking: the candidates.
        recipe: how each network is trained; it parts what it learns from once more, to know when to stop.
        folds: how many parts the queries are dealt into.
        seed: of the dealing, and in place of the recipe's.

    Raises:
        TrainingError: see `fit`.
    """
    scores = np.empty(len(ranking.labels), np.float32)
    for held_out in fold_masks(ranking.queries, folds, seed):
        taught = ~held_out
        lists = lists_of(ranking.features[taught], ranking.labels[taught], ranking.queries[taught])
        network = fit(lists, replace(recipe, seed=seed)).network
        with torch.inference_mode():
            scores[held_out] = network(torch.from_numpy(ranking.features[held_out])).numpy()
    return scores


def fold_masks(queries: NDArray[np.int64], folds: int, seed: int) -> list[NDArray[np.bool_]]:
    """Return for each fold which rows belong to its queries, bool (N,)."""
    _, query_of = np.unique(queries, return_inverse=True)
    fold_of = folds_of(int(query_of.max()) + 1, folds, seed).numpy()[query_of]
    return [fold_of == fold for fold in range(folds)]


def query_ndcg(ranking: Ranking, scores: NDArray[np.float32], cutoff: int) -> NDArray[np.float32]:
    """Return NDCG@cutoff of each query (Q,), in the order in which the queries stand."""
    judged = lists_of(scores[:, None], ranking.labels, ranking.queries)
    batch = judged.batch(torch.arange(len(judged)))
    figures = ndcg(batch.padded(batch.features[:, 0]), batch.labels, batch.mask, cutoff)
    return figures.numpy()
