"""Heads: from a backbone's features to the shared space."""

from torch import Tensor, nn
from torch.nn.functional import batch_norm

from training.errors import TrainingError

HEADS = ("linear", "mlp", "standardised", "none")
_DROPOUT = 0.1
# Of a head that sees every feature at the same strength, and so can learn single records by heart.
_STRONG_DROPOUT = 0.3
_VARIANCE_MIN = 1e-3


class Standardised(nn.BatchNorm1d):
    """Each feature less its mean over its deviation, of the batch while it learns, of all batches afterwards."""

    def __init__(self, width: int) -> None:
        super().__init__(width, eps=_VARIANCE_MIN, affine=False)

    def forward(self, values: Tensor) -> Tensor:
        """Return standardised features [B, width]; one record alone has no deviation and takes that of all."""
        if len(values) > 1:
            return super().forward(values)
        return batch_norm(values, self.running_mean, self.running_var, eps=self.eps)


def make_head(kind: str, width: int, dimension: int) -> nn.Module:
    """Return a head from features [B, width] to [B, dimension], not yet of unit length.

    "linear" is one map; "mlp" normalises first, so that features of any scale train alike, and has one hidden
    layer; "standardised" is the same for features of many kinds side by side, each brought to one scale over all
    records, and forgets more while it learns; "none" takes the features as they are.

    Raises:
        TrainingError: there is no such head, or "none" meets two different sizes.
    """
    if kind == "linear":
        return nn.Linear(width, dimension)
    if kind == "mlp":
        hidden = 2 * dimension
        return nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, hidden),
            nn.GELU(),
            nn.Dropout(_DROPOUT),
            nn.Linear(hidden, dimension),
        )
    if kind == "standardised":
        hidden = 2 * dimension
        return nn.Sequential(
            Standardised(width),
            nn.Dropout(_STRONG_DROPOUT),
            nn.Linear(width, hidden),
            nn.GELU(),
            nn.Dropout(_STRONG_DROPOUT),
            nn.Linear(hidden, dimension),
        )
    if kind != "none":
        raise TrainingError(f"there is no head {kind!r}; known are: {', '.join(HEADS)}")
    if width != dimension:
        raise TrainingError(f"without a head the space has the features' {width} dimensions, not {dimension}")
    return nn.Identity()
