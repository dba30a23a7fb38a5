"""How far vectors of two kinds of machine agree."""

import numpy as np
import pytest

from bench.gpu import agreement, nearest


@pytest.fixture
def vectors():
    drawn = np.random.default_rng(0).normal(size=(50, 16))
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def test_the_same_vectors_agree(vectors):
    """Nothing is lost where nothing differs."""
    assert {"least cosine": 1, "mean cosine": 1, "top 10": 1} == pytest.approx(agreement(vectors, vectors))


def test_one_that_differs_is_seen(vectors):
    """The least is of that one alone, and its neighbours are others."""
    other = vectors.copy()
    other[7] = -other[7]
    found = agreement(vectors, other)

    assert -1 == pytest.approx(found["least cosine"])
    assert 0.96 == pytest.approx(found["mean cosine"])
    assert 0.9 < found["top 10"] < 1


def test_nobody_is_his_own_neighbour(vectors):
    """The nearest are of the others, nearest first."""
    places = nearest(vectors)
    scores = vectors @ vectors.T

    assert all(row not in found for row, found in enumerate(places))
    assert all((np.diff(scores[row, found]) <= 0).all() for row, found in enumerate(places))
