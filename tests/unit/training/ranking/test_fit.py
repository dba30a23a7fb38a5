"""Training: it learns, stops, repeats itself, and says what went wrong."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from training.data.ranking import Ranking
from training.errors import TrainingError
from training.ranking.cross_validate import fold_masks, held_out_scores, query_ndcg
from training.ranking.fit import fit
from training.ranking.folds import folds_of
from training.ranking.lists import lists_of
from training.ranking.recipe import LOSSES, RankingRecipe

RECIPE = RankingRecipe(learning_rate=0.01, epochs_max=6, repeats=1, folds=4)


def rows_of(ranking):
    return lists_of(ranking.features, ranking.labels, ranking.queries)


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.values(), other.values(), strict=True))


@pytest.mark.parametrize("loss", LOSSES)
def test_learns(ranking, loss):
    """Each loss orders queries that it has not learned from far better than chance, and than it did at first."""
    scores = held_out_scores(ranking, replace(RECIPE, loss=loss), folds=4, seed=0)

    random = np.random.default_rng(1).normal(size=len(scores)).astype(np.float32)
    assert query_ndcg(ranking, random, 5).mean() < 0.75
    assert query_ndcg(ranking, scores, 5).mean() > 0.9


def test_repeatable(ranking):
    """The same data and seed give the same network, whatever torch drew before; another seed another."""
    first = fit(rows_of(ranking), RECIPE).network.state_dict()
    torch.manual_seed(123)
    again = fit(rows_of(ranking), RECIPE).network.state_dict()
    other = fit(rows_of(ranking), replace(RECIPE, seed=1)).network.state_dict()

    assert same(first, again)
    assert not same(first, other)


def test_leaves_the_generator_alone(ranking):
    """What the caller draws from torch does not change by a training in between."""
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    fit(rows_of(ranking), replace(RECIPE, epochs_max=1))

    assert torch.equal(expected, torch.rand(3))


def test_stops_early(ranking):
    """It stops *patience* epochs after the best, and the best one's weights are kept."""
    fitted = fit(rows_of(ranking), replace(RECIPE, epochs_max=60, patience=2, learning_rate=0.05))
    shorter = fit(
        rows_of(ranking), replace(RECIPE, epochs_max=fitted.epochs, patience=60, learning_rate=0.05)
    )

    assert fitted.epochs + 2 == len(fitted.curve) - 1 < 60
    assert max(fitted.curve) == fitted.ndcg == fitted.curve[fitted.epochs]
    assert same(shorter.network.state_dict(), fitted.network.state_dict())


def test_starts_from_a_good_order(ranking):
    """Where a feature orders perfectly there is nothing to learn: the network stays at its order."""
    features = np.stack([ranking.features[:, 0], ranking.labels], axis=1).astype(np.float32)

    fitted = fit(rows_of(Ranking(features, ranking.labels, ranking.queries)), replace(RECIPE, start_from=1))

    assert (0, 1.0) == (fitted.epochs, pytest.approx(fitted.ndcg))
    rows = torch.from_numpy(features)
    assert torch.equal(fitted.network.scaling(rows)[:, 1], fitted.network(rows))


def test_one_query(ranking):
    """One query leaves none to hold out."""
    with pytest.raises(TrainingError, match="one query only"):
        fit(rows_of(ranking.of_queries(np.array([0]))), RECIPE)


def test_two_queries(ranking):
    """Two queries are enough: there are no more folds than queries."""
    fitted = fit(rows_of(ranking.of_queries(np.array([0, 1]))), replace(RECIPE, epochs_max=1))

    assert 2 == len(fitted.network.weights[0])


def test_the_loss_is_no_number(ranking):
    """A training that goes astray stops and names what to change."""
    with pytest.raises(TrainingError, match="learning_rate"):
        fit(rows_of(ranking), replace(RECIPE, learning_rate=1e30, epochs_max=50, patience=50))


@pytest.mark.parametrize("change", [{"loss": "mse"}, {"folds": 1}, {"epochs_max": 0}, {"cutoff": 0}])
def test_impossible_recipe(change):
    """Numbers that no run can use are refused by name."""
    with pytest.raises(TrainingError, match=next(iter(change))):
        RankingRecipe(**change)


def test_folds():
    """Every list is in one part, parts are of like size, and the seed decides which."""
    parts = folds_of(11, 4, seed=0)

    assert [2, 3, 3, 3] == sorted(parts.bincount().tolist())
    assert torch.equal(parts, folds_of(11, 4, seed=0))
    assert not torch.equal(parts, folds_of(11, 4, seed=1))


def test_no_query_is_in_two_folds(ranking):
    """Each row is held out once, together with all rows of its query."""
    masks = fold_masks(ranking.queries, 5, seed=0)

    assert np.ones(320).tolist() == np.sum(masks, axis=0).tolist()
    for mask in masks:
        assert not np.isin(ranking.queries[mask], ranking.queries[~mask]).any()
