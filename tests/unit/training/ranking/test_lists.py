"""Rows to lists, and what cannot be learned from."""

import numpy as np
import pytest
import torch

from training.errors import TrainingError
from training.ranking.lists import lists_of

FEATURES = np.arange(10, dtype=np.float32).reshape(5, 2)
LABELS = np.array([0, 1, 2, 0, 1])


def test_rows_are_gathered_by_query():
    """Rows of a query need not be neighbours; queries keep the order in which they appear."""
    lists = lists_of(FEATURES, LABELS, np.array([7, 3, 7, 3, 7]))

    batch = lists.batch(torch.tensor([0, 1]))

    assert [[0, 2, 1], [1, 0, 0]] == batch.labels.tolist()
    assert [[True, True, True], [True, True, False]] == batch.mask.tolist()
    assert FEATURES[[0, 2, 4, 1, 3]].tolist() == batch.features.tolist()


def test_padded():
    """One value per item stands where the item stands; padding is 0."""
    batch = lists_of(FEATURES, LABELS, np.array([7, 3, 7, 3, 7])).batch(torch.tensor([1, 0]))

    padded = batch.padded(torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0]]))

    assert [[[1, 2, 0], [3, 4, 5]]] == padded.tolist()


@pytest.mark.parametrize(
    ("features", "labels", "queries", "message"),
    [
        (FEATURES[:0], LABELS[:0], LABELS[:0], "no rows"),
        (FEATURES, LABELS[:3], LABELS, "5 rows of features, 3 labels"),
        (np.where(FEATURES == 5, np.inf, FEATURES), LABELS, LABELS * 0, "row 3 .* infinite"),
        (FEATURES, np.array([0, 1, 2, -1, 0]), LABELS * 0, "row 4 .* label"),
        (FEATURES, np.array([0, 1, 2, 0, 21]), LABELS * 0, "row 5 .* label"),
        (FEATURES, np.array([0, np.nan, 2, 0, 1]), LABELS * 0, "row 2 .* label"),
        (FEATURES, np.array([0, 1, 2, 3, 4]), np.arange(5), "no order to learn"),
        (FEATURES, np.ones(5), np.zeros(5), "no order to learn"),
    ],
)
def test_useless_data(features, labels, queries, message):
    """Data without an order, or with numbers that cannot be used, is refused; the message says where."""
    with pytest.raises(TrainingError, match=message):
        lists_of(features, labels, queries)
