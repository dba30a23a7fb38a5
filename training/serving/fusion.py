"""Triton: several weighted vectors to one; the strategy picks the head."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from training.networks.fusion import MODALITIES, relative
from training.packs.fusion import load_fusion
from training.serving.model import Arrays, PackModel

# The numbers of the internal API's FusionStrategy; the weighted sum (2) needs no model.
HEADS = {1: "concatenation", 3: "bilinear", 4: "learned"}

# No component of a unit vector is larger, but for rounding.
_COMPONENT_MAX = 1.01


class TritonPythonModel(PackModel):
    """VECTORS [n, 16, D], WEIGHTS [n, 16], MODALITIES [n, 16], STRATEGY [n, 1] -> VECTOR [n, D]."""

    inputs = ("VECTORS", "WEIGHTS", "MODALITIES", "STRATEGY")

    def load(self, folder: Path) -> nn.Module:
        """Read all heads."""
        return load_fusion(folder)

    def check(self, arrays: Arrays) -> None:
        """Refuse values that are not finite, mixtures of nothing, unknown modalities and strategies."""
        vectors, weights, modalities, strategy = arrays
        if not (np.isfinite(vectors).all() and np.isfinite(weights).all()):
            raise ValueError("VECTORS and WEIGHTS must be finite")
        if np.abs(vectors).max() > _COMPONENT_MAX:
            raise ValueError("VECTORS must be of unit length")
        if not weights.any(axis=1).all():
            raise ValueError("WEIGHTS must name at least one part")
        if modalities.min() < 0 or modalities.max() >= len(MODALITIES):
            raise ValueError(f"MODALITIES must be 0..{len(MODALITIES) - 1}")
        if not np.isin(strategy, list(HEADS)).all():
            raise ValueError(f"STRATEGY must be one of {sorted(HEADS)}")

    def vectors(self, arrays: Arrays) -> Tensor:
        """Run each head that the batch asks for on the rows that ask for it."""
        vectors, weights, modalities, strategies = (self.tensor(array) for array in arrays)
        # Relative weights first: large ones would not fit half precision.
        parts = vectors.to(self.precision), relative(weights).to(self.precision), modalities
        fused = torch.empty_like(parts[0][:, 0])
        for strategy in set(strategies[:, 0].tolist()):
            rows = strategies[:, 0] == strategy
            head = getattr(self.network, HEADS[strategy])
            fused[rows] = head(*(part[rows] for part in parts))
        return fused
