"""ListNet, top one: Cao et al. 2007, "Learning to rank: from pairwise approach to listwise approach" (ICML).

The probability that an item comes first is the softmax over its list, of the labels on one side and of the scores on
the other; the loss is the cross-entropy between the two:

    -Σ_i softmax(label / τ)_i · log softmax(score)_i
"""

import torch
from torch import Tensor


def listnet(scores: Tensor, labels: Tensor, mask: Tensor, temperature: float = 1.0) -> Tensor:
    """Return the loss of each list, shape [...].

    Args:
        scores: [..., L], larger is better; values of padding are ignored but must be finite.
        labels: [..., L], larger is better.
        mask: bool [..., L], False for padding.
        temperature: τ; smaller makes the best labels count for more.

    A list of one item, or of none, has loss 0.
    """
    # Not -inf: a list that is all padding would be NaN.
    lowest = torch.finfo(scores.dtype).min
    wanted = (labels / temperature).masked_fill(~mask, lowest).softmax(-1)
    log_given = scores.masked_fill(~mask, lowest).log_softmax(-1)
    return -(wanted * log_given).masked_fill(~mask, 0).sum(-1)
