"""RankNet: Burges et al. 2005, "Learning to rank using gradient descent" (ICML).

Of two items with different labels the better one should have the larger score; the model of the probability is

    P(i before j) = 1 / (1 + exp(-σ (s_i - s_j)))

and the loss of the pair is the cross-entropy with 1: log(1 + exp(-σ (s_i - s_j))).
"""

from torch import Tensor
from torch.nn.functional import softplus

from training.losses.pairs import better, differences


def ranknet(scores: Tensor, labels: Tensor, mask: Tensor, sigma: float = 1.0) -> Tensor:
    """Return the loss of each list, shape [...]: the mean over its pairs, so that long lists do not outweigh others.

    Args:
        scores: [..., L], larger is better; values of padding are ignored but must be finite.
        labels: [..., L], larger is better.
        mask: bool [..., L], False for padding.
        sigma: steepness of the sigmoid.

    A list without a pair of different labels has loss 0 and no gradient.
    """
    pairs = better(labels, mask)
    losses = softplus(-sigma * differences(scores)) * pairs
    return losses.sum((-2, -1)) / pairs.sum((-2, -1)).clamp_min(1)
