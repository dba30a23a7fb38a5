"""InfoNCE with several right answers a query: the outer form of SupCon (Khosla et al. 2020, equation 2)."""

import torch
from torch import Tensor


def multi_positive(similarities: Tensor, right: Tensor, temperature: float) -> Tensor:
    """Return the mean over queries of -mean over right columns of log softmax(similarity / temperature).

    Args:
        similarities: cosines [Q, C] of queries with candidates.
        right: bool [Q, C]; queries without a right candidate in the batch are left out.
        temperature: smaller is sharper; 0.07 is customary.
    """
    answered = right.any(dim=1)
    if not answered.any():
        return similarities.sum() * 0
    log_shares = torch.log_softmax(similarities[answered] / temperature, dim=1)
    marks = right[answered].to(log_shares.dtype)
    return -((log_shares * marks).sum(1) / marks.sum(1)).mean()
