"""The ranking network: a mean over members, each a small multilayer perceptron over one item's features.

An item's score depends on its own features only, so a served model may see any part of a list.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, relu

from training.ranking.scaling import FeatureScaling


class RankingNetwork(nn.Module):
    """Scores items; *members* networks are computed side by side in batched products, which costs little more than one."""

    prior: Tensor

    def __init__(
        self,
        features: int,
        hidden: Sequence[int],
        members: int = 1,
        input_dropout: float = 0.0,
        hidden_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.scaling = FeatureScaling(features)
        # What the score is before anything is learned: nothing, or one feature that is known to give a good order.
        self.register_buffer("prior", torch.zeros(2 * features))
        self.input_dropout = input_dropout
        self.hidden_dropout = hidden_dropout
        widths = (2 * features, *hidden, 1)
        shapes = list(pairwise(widths))
        self.weights = nn.ParameterList(_start(members, *shape) for shape in shapes)
        self.biases = nn.ParameterList(torch.zeros(members, 1, shape[1]) for shape in shapes)

    def member_scores(self, inputs: Tensor) -> Tensor:
        """Return each member's scores [members, N] of scaled features [N, 2F]."""
        # One choice of features a step and member, not one an item: as good a guard against overfitting, and far cheaper.
        kept = dropout(torch.ones_like(self.weights[0][..., :1]), self.input_dropout, self.training)
        flowing = torch.einsum("nf,efh->enh", inputs, kept * self.weights[0]) + self.biases[0]
        for weight, bias in zip(self.weights[1:], self.biases[1:], strict=True):
            flowing = dropout(relu(flowing), self.hidden_dropout, self.training)
            flowing = torch.baddbmm(bias, flowing, weight)
        learned: Tensor = flowing[..., 0]
        return learned + inputs @ self.prior

    def forward(self, rows: Tensor) -> Tensor:
        """Return scores [N] of raw features [N, F], NaN for unknown; larger is better."""
        scores: Tensor = self.member_scores(self.scaling(rows)).mean(0)
        return scores


def _start(members: int, inputs: int, outputs: int) -> Tensor:
    """Return weights [members, inputs, outputs] that keep the variance through relu (He et al. 2015).

    Those of the score are 0: every order starts equal, and no random one has to be unlearned from little data.
    """
    if outputs == 1:
        return torch.zeros(members, inputs, outputs)
    return torch.randn(members, inputs, outputs) * math.sqrt(2 / inputs)
