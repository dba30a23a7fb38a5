"""Pairs of one list's items, which RankNet and LambdaRank learn from."""

from torch import Tensor


def better(labels: Tensor, mask: Tensor) -> Tensor:
    """Return bool [..., L, L]: whether item i has a larger label than item j, both being there.

    Pairs with equal labels say nothing about the order and are left out.
    """
    there = mask.unsqueeze(-1) & mask.unsqueeze(-2)
    return (labels.unsqueeze(-1) > labels.unsqueeze(-2)) & there


def differences(values: Tensor) -> Tensor:
    """Return values[i] - values[j], [..., L, L] from [..., L]."""
    return values.unsqueeze(-1) - values.unsqueeze(-2)
