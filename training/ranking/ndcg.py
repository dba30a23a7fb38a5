"""Normalised discounted cumulative gain (Järvelin & Kekäläinen 2002) with gains 2^label - 1 (Burges et al. 2005).

    DCG@k = Σ over the first k of (2^label - 1) / log2(1 + rank),  rank from 1
    NDCG@k = DCG@k / the largest DCG@k that any order reaches

All functions take padded lists: mask is True where a list has an item.
"""

import torch
from torch import Tensor

# A list whose labels are all 0 cannot be ordered wrongly; LightGBM counts it the same.
NDCG_WITHOUT_GAIN = 1.0


def gains(labels: Tensor, mask: Tensor) -> Tensor:
    """Return 2^label - 1 of labels [..., L], 0 where mask [..., L] is False."""
    return (torch.exp2(labels) - 1) * mask


def discounts(length: int, cutoff: int | None = None) -> Tensor:
    """Return 1 / log2(1 + rank) of the places 1..length, shape [length]; 0 beyond *cutoff*."""
    ranks = torch.arange(1, length + 1)
    worth = 1 / torch.log2(1 + ranks.float())
    return worth if cutoff is None else worth * (ranks <= cutoff)


def ideal_dcg(labels: Tensor, mask: Tensor, cutoff: int | None = None) -> Tensor:
    """Return the largest DCG@cutoff of each list, shape [...]; labels and mask are [..., L]."""
    best = gains(labels, mask).sort(-1, descending=True).values
    return (best * discounts(labels.shape[-1], cutoff)).sum(-1)


def places(scores: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
    """Return the place of each item in the order of falling scores, from 0, int64 [..., L]; padding comes last.

    Of equal scores the smaller label comes first, so that a network which cannot tell items apart gains nothing by the
    order in which a file lists them.
    """
    by_label = labels.argsort(dim=-1, stable=True)
    sortable = scores.masked_fill(~mask, -torch.inf).gather(-1, by_label)
    by_score = sortable.argsort(dim=-1, descending=True, stable=True)
    return by_label.gather(-1, by_score).argsort(-1)


def ndcg(scores: Tensor, labels: Tensor, mask: Tensor, cutoff: int | None = None) -> Tensor:
    """Return NDCG@cutoff of each list, shape [...].

    Args:
        scores: [..., L], larger is better.
        labels: [..., L], 0 or more, larger is better.
        mask: bool [..., L], False for padding.
        cutoff: how many places count; None for all.
    """
    worth = discounts(scores.shape[-1], cutoff)[places(scores, labels, mask)]
    reached = (gains(labels, mask) * worth).sum(-1)
    ideal = ideal_dcg(labels, mask, cutoff)
    return torch.where(ideal > 0, reached / ideal.clamp_min(1e-12), NDCG_WITHOUT_GAIN)
