"""NDCG of padded lists."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import ndcg_score

from training.ranking.ndcg import NDCG_WITHOUT_GAIN, discounts, ndcg, places

ALL = torch.ones(1, 3, dtype=torch.bool)


def test_by_hand():
    """Labels 0, 2, 1 in this order: (3 / log2 3 + 1 / 2) / (3 + 1 / log2 3)."""
    figure = ndcg(torch.tensor([[3.0, 2.0, 1.0]]), torch.tensor([[0.0, 2.0, 1.0]]), ALL).item()

    assert pytest.approx((3 / math.log2(3) + 0.5) / (3 + 1 / math.log2(3))) == figure
    assert pytest.approx(0.659002, abs=1e-6) == figure


@pytest.mark.parametrize("cutoff", [None, 1, 5])
def test_against_scikit_learn(cutoff):
    """Without ties it is scikit-learn's figure with gains 2^label - 1."""
    random = np.random.default_rng(0)
    scores, labels = random.normal(size=(20, 9)), random.integers(0, 5, (20, 9))
    labels[:, 0] = 1

    figures = ndcg(torch.tensor(scores), torch.tensor(labels), torch.ones(20, 9, dtype=torch.bool), cutoff)

    expected = [ndcg_score([2.0**y - 1], [s], k=cutoff) for y, s in zip(labels, scores, strict=True)]
    np.testing.assert_allclose(figures, expected, rtol=1e-5)


def test_padding():
    """Padding with the largest scores and labels counts nothing."""
    mask = torch.tensor([[True, False, True]])
    padded = ndcg(torch.tensor([[1.0, 9.0, 2.0]]), torch.tensor([[1.0, 9.0, 0.0]]), mask)
    alone = ndcg(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 0.0]]), ALL[:, :2])

    assert alone.tolist() == padded.tolist()
    assert [1 / math.log2(3)] == pytest.approx(alone.tolist())


def test_ties_gain_nothing():
    """Of equal scores the smaller label counts as first, wherever it stands in the file."""
    scores = torch.zeros(1, 3)
    for labels in ([0.0, 1.0, 2.0], [2.0, 1.0, 0.0], [1.0, 0.0, 2.0]):
        assert (
            sorted([0, 1, 2], key=lambda i: labels[i])
            == places(scores, torch.tensor([labels]), ALL)[0].argsort().tolist()
        )


def test_nothing_to_gain():
    """A list without any gain counts as ordered."""
    assert NDCG_WITHOUT_GAIN == ndcg(torch.randn(1, 3), torch.zeros(1, 3), ALL).item()


def test_discounts():
    """The first place counts 1, the third a half, and none beyond the cutoff."""
    assert [1, pytest.approx(1 / math.log2(3)), 0.5, 0] == discounts(4, cutoff=3).tolist()
