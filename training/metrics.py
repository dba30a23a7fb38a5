"""What a search is judged by."""

import torch
from torch import Tensor


def precision(similarities: Tensor, right: Tensor, cutoff: int = 10) -> Tensor:
    """Return precision at min(cutoff, number of right products) per query.

    Args:
        similarities: [Q, P], larger is better.
        right: bool [Q, P].
        cutoff: how many results a person looks at.

    Returns:
        [Q] in 0..1; a query without any right product counts 0.
    """
    order = similarities.topk(min(cutoff, similarities.shape[1]), dim=1).indices
    hits = right.gather(1, order).float()
    wanted = right.sum(1).clamp(max=hits.shape[1])
    counted = torch.arange(hits.shape[1]) < wanted[:, None]
    return (hits * counted).sum(1) / wanted.clamp_min(1)
