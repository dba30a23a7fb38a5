"""Parts that several networks share: the transformer block, pooling over a mask, unit length."""

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

DIMENSION = 256
_NORM_MIN = 1e-6


def unit(vectors: Tensor) -> Tensor:
    """Scale vectors [..., D] to length 1; a vector without direction becomes the diagonal one, never NaN."""
    norms = vectors.norm(dim=-1, keepdim=True)
    diagonal = torch.full_like(vectors, vectors.shape[-1] ** -0.5)
    return torch.where(norms > _NORM_MIN, vectors / norms.clamp_min(_NORM_MIN), diagonal)


class TransformerBlock(nn.Module):
    """Pre-norm self-attention and feed-forward (Vaswani et al. 2017; Xiong et al. 2020)."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.feed_norm = nn.LayerNorm(width)
        self.feed = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, present: Tensor) -> Tensor:
        """Mix tokens [B, T, W]; positions with present [B, T] False are not attended to."""
        tokens = tokens + self.dropout(self._attend(self.attention_norm(tokens), present))
        fed: Tensor = self.feed(self.feed_norm(tokens))
        mixed: Tensor = tokens + self.dropout(fed)
        return mixed

    def _attend(self, tokens: Tensor, present: Tensor) -> Tensor:
        batch, length, width = tokens.shape
        split = self.query_key_value(tokens).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=present[:, None, None, :])
        attended: Tensor = self.attention_out(mixed.transpose(1, 2).reshape(batch, length, width))
        return attended


class AttentivePool(nn.Module):
    """A learned weighted mean over the tokens that are present (Lin et al. 2017, one head)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1)

    def forward(self, tokens: Tensor, present: Tensor) -> Tensor:
        """Pool tokens [B, T, W] to [B, W]; each row needs at least one present token."""
        scores = self.score(tokens).squeeze(-1).float().masked_fill(~present, -1e4)
        weights = scores.softmax(dim=-1).to(tokens.dtype)
        return torch.einsum("bt,btw->bw", weights, tokens)
