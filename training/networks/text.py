"""The text encoder: word pieces of any language of the pack to one vector of the shared space."""

import torch
from torch import Tensor, nn

from training.networks.blocks import DIMENSION, AttentivePool, TransformerBlock, unit

PADDING = 0
TOKENS_MAX = 96


class TextEncoder(nn.Module):
    """A compact transformer over word pieces, pooled by attention."""

    def __init__(self, vocabulary: int, width: int, layers: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.pieces = nn.Embedding(vocabulary, width, padding_idx=PADDING)
        self.positions = nn.Parameter(torch.randn(TOKENS_MAX, width) * 0.02)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(TransformerBlock(width, heads, 2 * width, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.pool = AttentivePool(width)
        self.out = nn.Linear(width, DIMENSION)

    def forward(self, pieces: Tensor) -> Tensor:
        """Return unit vectors [B, 256] of piece ids [B, T] (0 = padding, T <= 96, first piece present)."""
        return unit(self.out(self.features(pieces)))

    def features(self, pieces: Tensor) -> Tensor:
        """Return the pooled features [B, W] before the projection, for auxiliary heads."""
        present = pieces != PADDING
        tokens = self.dropout(self.pieces(pieces) + self.positions[: pieces.shape[1]])
        for block in self.blocks:
            tokens = block(tokens, present)
        pooled: Tensor = self.pool(self.norm(tokens), present)
        return pooled


def compact_text_encoder(vocabulary: int) -> TextEncoder:
    """The text encoder of the demonstration pack: 2 layers of width 160."""
    return TextEncoder(vocabulary, width=160, layers=2, heads=4, dropout=0.1)
