"""InfoNCE with several right answers a query: the outer form of SupCon (Khosla et al. 2020, equation 2)."""

import torch
from torch import Tensor


def multi_positive(
    similarities: Tensor,
    right: Tensor,
    temperature: float | Tensor,
    smoothing: float = 0.0,
    allowed: Tensor | None = None,
) -> Tensor:
    """Return the mean over queries of -mean over right columns of log softmax(similarity / temperature).

    Args:
        similarities: cosines [Q, C] of queries with candidates.
        right: bool [Q, C]; queries without a right candidate in the batch are left out.
        temperature: smaller is sharper; 0.07 is customary.
        smoothing: share of the target spread evenly over all candidates (Szegedy et al. 2016).
        allowed: bool [Q, C], which candidates count at all; None: every one.
    """
    right = right if allowed is None else right & allowed
    answered = right.any(dim=1)
    if not answered.any():
        return similarities.sum() * 0
    logits = similarities[answered] / temperature
    allowed = torch.ones_like(right) if allowed is None else allowed
    candidates = allowed[answered]
    log_shares = torch.log_softmax(logits.masked_fill(~candidates, -torch.inf), dim=1)
    wanted = (1 - smoothing) * _even(right[answered], logits) + smoothing * _even(candidates, logits)
    return -(log_shares.masked_fill(~candidates, 0.0) * wanted).sum(1).mean()


def _even(chosen: Tensor, like: Tensor) -> Tensor:
    """Spread 1 evenly over the chosen columns of each row."""
    marks = chosen.to(like.dtype)
    return marks / marks.sum(1, keepdim=True)
