"""Normalised softmax over prototypes (Wang et al. 2017, NormFace; Zhai & Wu 2019), one group an attribute."""

from collections.abc import Sequence

from torch import Tensor
from torch.nn.functional import cross_entropy

NOT_NAMED = -1


def prototype(
    vectors: Tensor, groups: Sequence[Tensor], codes: Tensor, scale: float, smoothing: float = 0.0
) -> Tensor:
    """Return the mean cross-entropy of finding each named value among the prototypes of its attribute.

    Args:
        vectors: unit vectors [B, D].
        groups: for each attribute its prototypes [values, D], of unit length.
        codes: int64 [B, attributes], the index of the right value or -1 where it is not named.
        scale: what cosines are multiplied with before the softmax.
        smoothing: share of the target spread evenly over all values (Szegedy et al. 2016).
    """
    losses = [
        cross_entropy(
            scale * vectors @ group.T,
            codes[:, at],
            ignore_index=NOT_NAMED,
            reduction="sum",
            label_smoothing=smoothing,
        )
        for at, group in enumerate(groups)
    ]
    named = (codes != NOT_NAMED).sum().clamp_min(1)
    return sum(losses[1:], losses[0]) / named
