"""Parts of the lists for cross-validation: a query's rows are never in two parts."""

import numpy as np
import torch
from torch import Tensor


def folds_of(count: int, folds: int, seed: int) -> Tensor:
    """Return the part, 0..folds-1, of each of *count* lists, int64 [count]: sizes differ by one at most."""
    parts = np.empty(count, np.int64)
    parts[np.random.default_rng(seed).permutation(count)] = np.arange(count) % folds
    return torch.from_numpy(parts)
