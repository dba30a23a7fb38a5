"""What a mixture of parts means: the target that fusion heads learn to hit.

Parts vote on each attribute with their weights. Words speak louder than pictures, so "but blue" beside a photo
of a red mug means blue; with a small enough weight it does not. What a negative part names is taken away and
pushed off. An attribute that nobody names stays open.
"""

import torch
from torch import Tensor
from torch.nn.functional import normalize, one_hot

from training.attributes import VALUES, prototypes
from training.losses.prototype import NOT_NAMED
from training.networks.blocks import unit
from training.networks.fusion import relative

# Votes per unit of weight: text, image, audio, product.
LOUDNESS = (3.0, 1.0, 3.0, 1.0)
REPULSION = 0.6


def meaning(codes: Tensor, weights: Tensor, modalities: Tensor) -> Tensor:
    """Return the unit vectors [B, 256] that mixtures stand for.

    Args:
        codes: int64 [B, N, 4], what each part names, -1 where it names nothing.
        weights: [B, N], 0 where there is no part.
        modalities: int64 [B, N].
    """
    shares = relative(weights)
    votes = shares * torch.tensor(LOUDNESS)[modalities]
    total = torch.zeros(len(codes), prototypes()[0].shape[1])
    named_shares = [
        (shares.clamp_min(0) * (codes[:, :, at] != NOT_NAMED)).sum(1) for at in range(len(VALUES))
    ]
    loudest = torch.stack(named_shares).amax(0).clamp_min(1e-6)
    for at, group in enumerate(prototypes()):
        marks = one_hot(codes[:, :, at].clamp_min(0), len(group)).float()
        marks = marks * (codes[:, :, at] != NOT_NAMED).unsqueeze(-1)
        wanted = _wanted(marks, votes) * (2 * named_shares[at] / loudest).clamp_max(1).unsqueeze(-1)
        total = total + (wanted - _unwanted(marks, shares, codes)) @ group
    return unit(total)


def _wanted(marks: Tensor, votes: Tensor) -> Tensor:
    """Return unit vectors [B, V] over values: the square of the votes lets the loudest win without silencing."""
    balance = torch.einsum("bnv,bn->bv", marks, votes).clamp_min(0)
    return normalize(balance.square(), dim=-1)


def _unwanted(marks: Tensor, shares: Tensor, codes: Tensor) -> Tensor:
    """Return how hard each value [B, V] is pushed off; a part that names much pushes each value less."""
    count = (codes != NOT_NAMED).sum(-1).clamp_min(1)
    against = (-shares).clamp_min(0)
    strength = (2 * against / shares.clamp_min(0).sum(1, keepdim=True).clamp_min(1e-6)).clamp_max(1)
    return REPULSION * torch.einsum("bnv,bn->bv", marks, strength * count.rsqrt())
