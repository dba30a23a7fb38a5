"""The sigmoid loss: every pair is a question of its own, match or no match (SigLIP, Zhai et al. 2023)."""

from torch import Tensor
from torch.nn.functional import logsigmoid


def sigmoid(
    similarities: Tensor,
    right: Tensor,
    scale: float | Tensor,
    bias: float | Tensor,
    allowed: Tensor | None = None,
) -> Tensor:
    """Return the mean over rows of -sum over columns of log s(z (scale * cosine + bias)), z = 1 if right else -1.

    Args:
        similarities: cosines [A, B].
        right: bool [A, B]; any number of right pairs in a row.
        scale: what cosines are multiplied with; learned, starts at 10.
        bias: learned, starts at -10: most pairs of a batch are wrong.
        allowed: bool [A, B], which pairs are asked at all; None: every one.
    """
    signs = right.to(similarities.dtype) * 2 - 1
    terms = logsigmoid(signs * (scale * similarities + bias))
    kept = terms if allowed is None else terms * allowed
    return -kept.sum() / max(1, len(similarities))
