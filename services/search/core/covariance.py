"""How vectors of a catalogue spread, and distances that take it into account.

Ledoit and Wolf (2004), "A well-conditioned estimator for large-dimensional covariance matrices": the covariance of a
sample, drawn towards the same variance in every direction, by as much as the sample itself shows to be best.
"""

import numpy as np
from numpy.typing import NDArray

Wide = NDArray[np.float64]


def shrunk_covariance(sample: Wide) -> Wide:
    """Return the covariance of *sample*, shape (rows, dimension), as a matrix that always has an inverse.

    It is (1 - s)·S + s·m·I, with S the sample's covariance and m its mean variance. The share s is Ledoit and Wolf's, but
    at least 1 / rows: two rows tell nothing but their one direction, and by the formula alone would need no shrinking.
    Where the rows do not differ at all, or there are none, every direction counts the same.
    """
    rows, dimension = sample.shape
    if rows == 0:
        return np.eye(dimension)
    centred = sample - sample.mean(axis=0)
    covariance = centred.T @ centred / rows
    mean_variance = np.trace(covariance) / dimension
    if mean_variance <= np.finfo(np.float32).eps ** 2:
        return np.eye(dimension)
    share = max(_shrinkage(centred, covariance, mean_variance), 1 / rows)
    shrunk: Wide = (1 - share) * covariance + share * mean_variance * np.eye(dimension)
    return shrunk


def _shrinkage(centred: Wide, covariance: Wide, mean_variance: float) -> float:
    """Return how far the sample's covariance is from the truth, as a share of how far it is from m·I."""
    rows, dimension = centred.shape
    from_identity = np.sum(covariance**2) - dimension * mean_variance**2
    # Σ‖xxᵀ − S‖² over the rows x is Σ‖x‖⁴ − rows·‖S‖².
    from_truth = np.mean(np.sum(centred**2, axis=1) ** 2) - np.sum(covariance**2)
    if from_identity <= 0:
        return 1.0
    return float(np.clip(from_truth / rows / from_identity, 0.0, 1.0))


def whitening(covariance: Wide) -> Wide:
    """Return W, shape (dimension, dimension), with ‖(a − b)W‖ = √((a − b)ᵀ Σ⁻¹ (a − b)) for the *covariance* Σ."""
    variances, directions = np.linalg.eigh(covariance)
    whitened: Wide = directions / np.sqrt(variances)
    return whitened
