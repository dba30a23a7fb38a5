"""LambdaRank: Burges, Ragno & Le 2006, "Learning to rank with nonsmooth cost functions" (NIPS); Burges 2010, section 4.

For two items with different labels, i the better, the gradient with respect to s_i is RankNet's times what NDCG changes
by when the two swap places:

    λ_ij = -σ / (1 + exp(σ (s_i - s_j))) · |ΔNDCG_ij|
    |ΔNDCG_ij| = |gain_i - gain_j| · |discount_i - discount_j| / ideal DCG

The function returned here has just this gradient: Σ |ΔNDCG_ij| · log(1 + exp(-σ (s_i - s_j))), the places held fixed.
"""

from torch import Tensor
from torch.nn.functional import softplus

from training.losses.pairs import better, differences
from training.ranking.ndcg import discounts, gains, ideal_dcg, places


def lambdarank(
    scores: Tensor, labels: Tensor, mask: Tensor, sigma: float = 1.0, cutoff: int | None = None
) -> Tensor:
    """Return the loss of each list, shape [...], a sum over its pairs.

    Args:
        scores: [..., L], larger is better; values of padding are ignored but must be finite.
        labels: [..., L], 0 or more, larger is better.
        mask: bool [..., L], False for padding.
        sigma: steepness of the sigmoid.
        cutoff: NDCG@cutoff is what counts: pairs wholly beyond it have no gradient; None for the whole list.

    Of equal scores the smaller label is taken to come first, so that items which are not told apart yet are pushed
    apart. A list without a pair of different labels has loss 0 and no gradient.
    """
    weights = ndcg_changes(scores, labels, mask, cutoff) * better(labels, mask)
    return (softplus(-sigma * differences(scores)) * weights).sum((-2, -1))


def ndcg_changes(scores: Tensor, labels: Tensor, mask: Tensor, cutoff: int | None = None) -> Tensor:
    """Return |ΔNDCG@cutoff| of swapping items i and j, [..., L, L], without a gradient; arguments as in `lambdarank`."""
    worth = discounts(scores.shape[-1], cutoff)[places(scores.detach(), labels, mask)]
    change = (differences(gains(labels, mask)) * differences(worth)).abs()
    ideal = ideal_dcg(labels, mask, cutoff)[..., None, None]
    return change / ideal.clamp_min(1e-12)
