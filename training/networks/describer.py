"""The describer: features of a picture to the word pieces of a sentence ("Show and Tell": Vinyals et al. 2015).

A small causal transformer (Vaswani et al. 2017) reads a few prefix tokens, made from the picture's features (as
ClipCap does: Mokady et al. 2021), and then the sentence so far.
"""

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class DescriberShape:
    """The sizes of a describer.

    Args:
        features: numbers per picture that the image encoder's backbone gives.
        vocabulary: word pieces, with the special ones.
        pieces_max: the longest sentence, without begin and end.
        prefix: tokens that the features become.
        width, layers, heads: of the transformer.
    """

    features: int
    vocabulary: int
    pieces_max: int = 40
    prefix: int = 4
    width: int = 192
    layers: int = 2
    heads: int = 4

    def as_options(self) -> dict[str, int]:
        """Return the sizes as JSON."""
        return asdict(self)


class Describer(nn.Module):
    """Next-piece scores of sentences about pictures."""

    def __init__(self, shape: DescriberShape, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape
        self.scale = nn.LayerNorm(shape.features)
        self.prefix = nn.Linear(shape.features, shape.prefix * shape.width)
        self.piece = nn.Embedding(shape.vocabulary, shape.width)
        # Also what scores are made of: larger ones would start with wild guesses.
        nn.init.normal_(self.piece.weight, std=shape.width**-0.5)
        self.position = nn.Parameter(torch.randn(shape.prefix + shape.pieces_max + 1, shape.width) * 0.02)
        layer = nn.TransformerEncoderLayer(
            shape.width, shape.heads, 4 * shape.width, dropout, "gelu", batch_first=True, norm_first=True
        )
        # The nested-tensor path needs norm_first=False; saying so keeps torch from warning of it.
        self.blocks = nn.TransformerEncoder(layer, shape.layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(shape.width)

    def forward(self, features: Tensor, pieces: Tensor) -> Tensor:
        """Return scores [B, T, vocabulary] of the piece after each of *pieces*.

        Args:
            features: [B, features].
            pieces: int64 [B, T], beginning with the piece that begins sentences; T at most pieces_max + 1.
        """
        prefix = self.prefix(self.scale(features)).view(len(features), self.shape.prefix, self.shape.width)
        tokens = torch.cat([prefix, self.piece(pieces)], dim=1)
        tokens = tokens + self.position[: tokens.shape[1]]
        causal = nn.Transformer.generate_square_subsequent_mask(
            tokens.shape[1], device=tokens.device, dtype=tokens.dtype
        )
        mixed = self.norm(self.blocks(tokens, mask=causal, is_causal=True))
        # Scores by the embeddings themselves: fewer weights, better words (Press and Wolf 2017).
        scores: Tensor = mixed[:, self.shape.prefix :] @ self.piece.weight.T
        return scores

    @torch.inference_mode()
    def describe(self, features: Tensor, begin: int, end: int) -> tuple[list[list[int]], Tensor]:
        """Return the likeliest piece after piece: for each of features [B, F] its pieces, without begin and end.

        Also how sure the model is of each sentence [B]: the geometric mean of the chosen pieces' probabilities.
        """
        pieces = torch.full((len(features), 1), begin, device=features.device)
        log_chosen = torch.zeros(len(features), device=features.device)
        lengths = torch.zeros_like(log_chosen)
        open_ = torch.ones(len(features), dtype=torch.bool, device=features.device)
        for _ in range(self.shape.pieces_max):
            log_shares = torch.log_softmax(self(features, pieces)[:, -1].float(), dim=-1)
            best, chosen = log_shares.max(dim=-1)
            log_chosen += torch.where(open_, best, 0)
            lengths += open_
            chosen = torch.where(open_, chosen, end)
            pieces = torch.cat([pieces, chosen[:, None]], dim=1)
            open_ = open_ & (chosen != end)
            if not open_.any():
                break
        return [_until(row, end) for row in pieces[:, 1:].tolist()], torch.exp(log_chosen / lengths)


def _until(pieces: list[int], end: int) -> list[int]:
    return pieces[: pieces.index(end)] if end in pieces else pieces
