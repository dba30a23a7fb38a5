"""Ward's clustering, beside SciPy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage

from gateway.core.recommend.ward import clusters


def units(seed: int, count: int, dimension: int = 4) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dimension))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 40), st.floats(0.1, 3))
def test_the_clusters_are_scipys(seed, count, height):
    """Whatever the vectors and the height."""
    rows = units(seed, count)
    labels = fcluster(linkage(rows.astype(np.float64), "ward"), height, "distance")
    expected = sorted(tuple(np.flatnonzero(labels == label)) for label in set(labels))

    assert expected == sorted(tuple(each) for each in clusters(rows, height))


@pytest.mark.parametrize(("cosine", "count"), [(0.6, 1), (0.4, 2)])
def test_two_vectors_merge_by_their_cosine(cosine, count):
    """A height of 1 is a cosine of one half."""
    rows = np.array([[1, 0], [cosine, (1 - cosine**2) ** 0.5]], np.float32)

    assert count == len(clusters(rows, 1.0))


def test_equal_vectors_are_one_cluster():
    """However many there are."""
    assert [[0, 1, 2, 3, 4]] == [list(each) for each in clusters(np.tile(units(0, 1), (5, 1)), 0.01)]
