"""InfoNCE in both directions (van den Oord et al. 2018; CLIP, Radford et al. 2021), several right answers allowed."""

from torch import Tensor

from training.losses.multi_positive import multi_positive


def info_nce(
    similarities: Tensor,
    right: Tensor,
    temperature: float | Tensor,
    smoothing: float = 0.0,
    allowed: Tensor | None = None,
) -> Tensor:
    """Return the mean of the losses of finding columns from rows and rows from columns.

    Args:
        similarities: cosines [A, B] of one modality's vectors with another's.
        right: bool [A, B], which pairs belong together.
        temperature: what cosines are divided by before the softmax.
        smoothing: of the targets, 0..1.
        allowed: bool [A, B], which pairs are compared at all; None: every one.
    """
    there = multi_positive(similarities, right, temperature, smoothing, allowed)
    back = multi_positive(
        similarities.T, right.T, temperature, smoothing, None if allowed is None else allowed.T
    )
    return (there + back) / 2
