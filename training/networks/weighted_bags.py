"""Bags of numbered things with weights, as tensors."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor


def as_tensors(bags: Sequence[Mapping[int, float]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return numbers int64 [B, T] and weights float32 [B, T]; bags are filled up with weight 0."""
    longest = max((len(bag) for bag in bags), default=0) or 1
    numbers = torch.zeros(len(bags), longest, dtype=torch.int64)
    weights = torch.zeros(len(bags), longest)
    for row, bag in enumerate(bags):
        if bag:
            numbers[row, : len(bag)] = torch.tensor(list(bag))
            weights[row, : len(bag)] = torch.tensor(list(bag.values()))
    return numbers.to(device), weights.to(device)


def bag_sum(table: Tensor, numbers: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted sums [B, W] of rows of *table* [N, W]."""
    return torch.nn.functional.embedding_bag(
        numbers, table, mode="sum", per_sample_weights=weights.to(table.dtype)
    )
