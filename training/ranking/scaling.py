"""What a ranking network does to raw features; it belongs to the network, so callers send what they have.

A feature x becomes two inputs:

    z = clip(standardise(asinh((x - median) / spread))), 0 where x is unknown
    u = standardise(1 where x is unknown, else 0)

asinh is linear near 0 and a logarithm far out, so prices and counts need no choice of transform; 0 is the mean of z, so an
unknown value counts as the mean and u tells how much being unknown is worth by itself (Little & Rubin 2002, section 4.2).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

CLIP = 3.0
# A feature that hardly ever differs tells nothing, and dividing by its deviation would blow up its noise.
DEVIATION_MIN = 1e-6
# Half of a value's own weight: many features are unknown together, and together they would drown the values.
UNKNOWN_SCALE = 0.5
UNKNOWN_DEVIATION_MIN = 0.05


class FeatureScaling(nn.Module):
    """Raw features [N, F], NaN for unknown, to inputs [N, 2F]; all numbers are buffers, learned by `fit`."""

    median: Tensor
    spread: Tensor
    mean: Tensor
    scale: Tensor
    unknown_mean: Tensor
    unknown_scale: Tensor
    limit: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        for name in ("median", "mean", "unknown_mean"):
            self.register_buffer(name, torch.zeros(features))
        for name in ("spread", "scale", "unknown_scale"):
            self.register_buffer(name, torch.ones(features))
        self.register_buffer("limit", torch.tensor(CLIP))

    def fit(self, rows: Tensor) -> None:
        """Learn the numbers from training rows [N, F]; a feature that is constant or never known becomes 0."""
        raw = rows.numpy().astype(np.float64)
        median, spread = _middle(raw)
        squashed = np.arcsinh((raw - median) / spread)
        mean, _ = _moments(squashed)
        # Over all rows, unknown ones at the mean: what few items have says the more about those that have it.
        _, deviation = _moments(np.where(np.isnan(raw), mean, squashed))
        unknown = np.isnan(raw).astype(np.float64)
        unknown_mean, unknown_deviation = _moments(unknown)
        self._keep("median", median)
        self._keep("spread", spread)
        self._keep("mean", mean)
        self._keep("scale", _inverse(deviation, DEVIATION_MIN))
        self._keep("unknown_mean", unknown_mean)
        floor = np.where(unknown_deviation > DEVIATION_MIN, UNKNOWN_DEVIATION_MIN, 0)
        self._keep(
            "unknown_scale", UNKNOWN_SCALE * _inverse(np.maximum(unknown_deviation, floor), DEVIATION_MIN)
        )

    def _keep(self, name: str, values: NDArray[np.float64]) -> None:
        getattr(self, name).copy_(torch.from_numpy(values))

    def forward(self, rows: Tensor) -> Tensor:
        """Return the inputs [N, 2F] of rows [N, F]."""
        unknown = rows.isnan()
        squashed = torch.asinh((rows - self.median) / self.spread)
        values = ((squashed - self.mean) * self.scale).masked_fill(unknown, 0)
        marks = (unknown.to(rows.dtype) - self.unknown_mean) * self.unknown_scale
        return torch.cat([values, marks], dim=1).clamp(-self.limit, self.limit)


def _middle(raw: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each column's median and half the width of its middle 80 %, 1 where that is nothing."""
    known = ~np.isnan(raw)
    filled = np.where(known.any(0), raw, 0)
    low, median, high = np.nanquantile(filled, (0.1, 0.5, 0.9), axis=0)
    spread = (high - low) / 2
    return median, np.where(spread > 0, spread, 1)


def _moments(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of each column's known values, 0 where there are none."""
    count = np.maximum((~np.isnan(values)).sum(0), 1)
    mean = np.nansum(values, axis=0) / count
    return mean, np.sqrt(np.nansum((values - mean) ** 2, axis=0) / count)


def _inverse(deviation: NDArray[np.float64], smallest: float) -> NDArray[np.float64]:
    return np.where(deviation > smallest, 1 / np.maximum(deviation, smallest), 0)
