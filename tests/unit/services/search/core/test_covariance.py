"""How vectors spread."""

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from sklearn.covariance import LedoitWolf

from services.search.core.covariance import shrunk_covariance, whitening


@pytest.mark.parametrize(("rows", "dimension"), [(20, 3), (30, 50), (400, 8), (5, 16)])
def test_the_estimator_of_ledoit_and_wolf(rows, dimension):
    """Numbers as scikit-learn's, also with fewer rows than dimensions."""
    rng = np.random.default_rng(rows)
    sample = rng.normal(size=(rows, dimension)) * rng.uniform(0.1, 3, size=dimension) + 5

    expected = LedoitWolf().fit(sample)

    assert 1 / rows < expected.shrinkage_ < 1
    np.testing.assert_allclose(expected.covariance_, shrunk_covariance(sample), rtol=1e-9, atol=1e-12)


def test_distances_are_those_of_the_inverse():
    """‖(a − b)W‖ is the Mahalanobis distance as scipy has it."""
    rng = np.random.default_rng(1)
    covariance = shrunk_covariance(rng.normal(size=(40, 6)) @ rng.normal(size=(6, 6)))
    one, other = rng.normal(size=(2, 6))

    expected = mahalanobis(one, other, np.linalg.inv(covariance))

    assert pytest.approx(expected) == np.linalg.norm((one - other) @ whitening(covariance))


@pytest.mark.parametrize(
    "sample",
    [
        np.empty((0, 3)),
        np.ones((1, 3)),
        np.ones((50, 3)),
        np.array([[1.0, 2, 3], [2.0, 2, 3]]),
        np.outer(np.arange(50.0), [1, 1, 0]),
    ],
    ids=["none", "one", "alike", "two", "on a line"],
)
def test_there_is_always_an_inverse(sample):
    """However little the rows tell, all distances are finite and only like vectors have none."""
    whitened = whitening(shrunk_covariance(sample))

    distances = np.linalg.norm(np.eye(3) @ whitened, axis=1)

    assert np.isfinite(distances).all()
    assert (distances > 0).all()


def test_rows_that_do_not_differ_count_every_direction_alike():
    """With nothing to learn from, the distance is the Euclidean one."""
    np.testing.assert_array_equal(np.eye(2), shrunk_covariance(np.ones((9, 2))))
