"""Cosine distance to a target, also the loss of distillation towards a teacher's vector (Hinton et al. 2015)."""

from torch import Tensor


def cosine(vectors: Tensor, targets: Tensor) -> Tensor:
    """Return the mean of 1 - cosine of unit vectors [B, D] with unit targets [B, D]."""
    return 1 - (vectors * targets).sum(-1).mean()
