"""Fusion heads: vectors of several modalities, weighted, to one vector of the shared space.

D is the dimension of the pack. Every head takes vectors [B, N, D], weights [B, N] (0 = absent, negative = "not like this") and modalities
[B, N] (0 text, 1 image, 2 audio, 3 an already fused product); each row has at least one part. Weights are
divided by the sum of their sizes, so their scale never matters; the order of parts does not matter either.
Each head adds what it learned to the weighted sum, so that untrained mixtures still mean something.
"""

from typing import Any

import torch
from torch import Tensor, nn

from training.networks.blocks import DIMENSION, TransformerBlock, unit

MODALITIES = ("text", "image", "audio", "product")
HEADS = ("weighted", "concatenation", "bilinear", "learned")
PARTS_MAX = 16
_WEIGHT_MIN = 1e-12


def relative(weights: Tensor) -> Tensor:
    """Divide weights [B, N] by the sum of their sizes."""
    return weights / weights.abs().sum(-1, keepdim=True).clamp_min(_WEIGHT_MIN)


def weighted_sum(vectors: Tensor, weights: Tensor) -> Tensor:
    """Return the sum [B, D] of the parts with their relative weights."""
    return torch.einsum("bn,bnd->bd", relative(weights), vectors)


def modality_sums(vectors: Tensor, weights: Tensor, modalities: Tensor) -> Tensor:
    """Return one weighted sum per modality, side by side [B, 4 * D]; zero where a modality is absent."""
    owners = nn.functional.one_hot(modalities.long(), len(MODALITIES)).to(vectors.dtype)
    return torch.einsum("bn,bnm,bnd->bmd", relative(weights), owners, vectors).flatten(1)


class WeightedFusion(nn.Module):
    """The weighted sum with one learned factor per modality, which starts at 1."""

    def __init__(self) -> None:
        super().__init__()
        self.log_factors = nn.Parameter(torch.zeros(len(MODALITIES)))

    def factors(self) -> Tensor:
        """Return what the weights of each modality are multiplied with [4]."""
        return self.log_factors.exp()

    def forward(self, vectors: Tensor, weights: Tensor, modalities: Tensor) -> Tensor:
        """Return unit vectors [B, D]."""
        return unit(weighted_sum(vectors, weights * self.factors()[modalities.long()]))

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *rest: Any) -> None:
        # Packs written before this head existed took the weights as they came: factors of 1.
        state_dict.setdefault(f"{prefix}log_factors", torch.zeros_like(self.log_factors))
        super()._load_from_state_dict(state_dict, prefix, *rest)


class ConcatenationFusion(nn.Module):
    """Modality sums side by side through one linear map."""

    def __init__(self, dimension: int = DIMENSION) -> None:
        super().__init__()
        self.out = nn.Linear(len(MODALITIES) * dimension, dimension, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, vectors: Tensor, weights: Tensor, modalities: Tensor) -> Tensor:
        """Return unit vectors [B, D]."""
        learned = self.out(modality_sums(vectors, weights, modalities))
        return unit(learned + weighted_sum(vectors, weights))


class BilinearFusion(nn.Module):
    """Low-rank bilinear pooling P(Ux o Vy) (Kim et al. 2017) of the modality sums with themselves."""

    def __init__(self, rank: int, dimension: int = DIMENSION) -> None:
        super().__init__()
        self.left = nn.Linear(len(MODALITIES) * dimension, rank)
        self.right = nn.Linear(len(MODALITIES) * dimension, rank)
        self.out = nn.Linear(rank, dimension, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, vectors: Tensor, weights: Tensor, modalities: Tensor) -> Tensor:
        """Return unit vectors [B, D]."""
        sums = modality_sums(vectors, weights, modalities)
        learned = self.out(torch.tanh(self.left(sums)) * torch.tanh(self.right(sums)))
        return unit(learned + weighted_sum(vectors, weights))


class LearnedFusion(nn.Module):
    """A transformer over modality tokens (the article's MV-BERT; Devlin et al. 2019)."""

    def __init__(self, width: int, layers: int, heads: int, dimension: int = DIMENSION) -> None:
        super().__init__()
        self.vector = nn.Linear(dimension, width)
        self.modality = nn.Embedding(len(MODALITIES), width)
        self.weight = nn.Linear(2, width, bias=False)
        self.summary = nn.Parameter(torch.zeros(1, 1, width))
        self.blocks = nn.ModuleList(TransformerBlock(width, heads, 2 * width) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, dimension, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, vectors: Tensor, weights: Tensor, modalities: Tensor) -> Tensor:
        """Return unit vectors [B, D]."""
        tokens, present = self._tokens(vectors, relative(weights), modalities)
        for block in self.blocks:
            tokens = block(tokens, present)
        return unit(self.out(self.norm(tokens[:, 0])) + weighted_sum(vectors, weights))

    def _tokens(self, vectors: Tensor, shares: Tensor, modalities: Tensor) -> tuple[Tensor, Tensor]:
        strength = torch.stack([shares, shares.abs()], dim=-1)
        parts = self.vector(vectors) + self.modality(modalities.long()) + self.weight(strength)
        summary = self.summary.expand(len(parts), -1, -1)
        present = nn.functional.pad(shares != 0, (1, 0), value=True)
        return torch.cat([summary, parts], dim=1), present


class FusionHeads(nn.Module):
    """The learned heads of a pack, kept together in one file of weights."""

    def __init__(self, rank: int, width: int, layers: int, heads: int, dimension: int = DIMENSION) -> None:
        super().__init__()
        self.dimension = dimension
        self.weighted = WeightedFusion()
        self.concatenation = ConcatenationFusion(dimension)
        self.bilinear = BilinearFusion(rank, dimension)
        self.learned = LearnedFusion(width, layers, heads, dimension)

    def by_name(self) -> dict[str, nn.Module]:
        """Return every head by the name of its strategy."""
        return {name: head for name, head in self.named_children() if name in HEADS}


def compact_fusion_heads(dimension: int = DIMENSION) -> FusionHeads:
    """The fusion heads of the demonstration pack, and of packs trained with default settings."""
    return FusionHeads(rank=192, width=192, layers=2, heads=4, dimension=dimension)
