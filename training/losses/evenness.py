"""What makes scores of different kinds of candidates comparable: strangers of every kind score alike on average."""

import torch
from torch import Tensor


def evenness(similarities: Tensor, wrong: Tensor, kinds: Tensor) -> Tensor:
    """Return the variance over kinds of the mean similarity with wrong candidates.

    A product without a picture must not sink below products that have one, nor rise above them. Where the means
    over kinds agree, which parts a product has says nothing about its score.

    Args:
        similarities: cosines [Q, C].
        wrong: bool [Q, C], pairs that do not belong together.
        kinds: int64 [C], for each candidate which set of modalities it was made from.
    """
    means = []
    for kind in torch.unique(kinds):
        of_kind = wrong & (kinds == kind)
        if of_kind.any():
            means.append(similarities[of_kind].mean())
    if len(means) < 2:
        return similarities.sum() * 0
    return torch.stack(means).var(correction=0)
