"""The compact text encoder: word pieces of any language of the pack to one vector of the shared space."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from training.errors import TrainingError
from training.files import write_whole
from training.networks.blocks import DIMENSION, AttentivePool, TransformerBlock
from training.networks.encoder import ModalityEncoder
from training.networks.tokeniser import PADDING, TOKENS_MAX, load_tokeniser, pieces, train_tokeniser

TOKENISER_FILE = "tokenizer.json"
CHARACTERS_MAX = 512
VOCABULARY_MAX = 8000


class TextEncoder(ModalityEncoder):
    """A compact transformer over word pieces, pooled by attention."""

    modality = "text"
    kind = "transformer"
    requires = ("tokenizers",)

    def __init__(
        self,
        dimension: int,
        tokeniser: Tokenizer,
        width: int = 160,
        layers: int = 2,
        heads: int = 4,
        dropout: float = 0.1,
        tokens_max: int = TOKENS_MAX,
    ) -> None:
        super().__init__(dimension)
        self.tokeniser = tokeniser
        self._shape = {"width": width, "layers": layers, "heads": heads, "dropout": dropout}
        self.pieces = nn.Embedding(tokeniser.get_vocab_size(), width, padding_idx=PADDING)
        self.positions = nn.Parameter(torch.randn(tokens_max, width) * 0.02)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(TransformerBlock(width, heads, 2 * width, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.pool = AttentivePool(width)
        self.out = nn.Linear(width, dimension)

    @classmethod
    def build(cls, dimension: int, options: Mapping[str, Any], corpus: Sequence[str]) -> Self:
        """Make a new encoder whose tokeniser knows at most `vocabulary_max` pieces of the corpus."""
        shape = dict(options)
        vocabulary_max = shape.pop("vocabulary_max", VOCABULARY_MAX)
        if not corpus:
            raise TrainingError("the text encoder transformer needs texts to learn its word pieces from")
        tokeniser = train_tokeniser(corpus, vocabulary_max, shape.get("tokens_max", TOKENS_MAX))
        return cls(dimension, tokeniser, **shape)

    @classmethod
    def restore(cls, dimension: int, options: Mapping[str, Any], folder: Path) -> Self:
        """Make the encoder of the tokeniser in *folder*."""
        return cls(dimension, load_tokeniser(folder / TOKENISER_FILE), **options)

    def prepare(self, raw: Sequence[str]) -> tuple[Tensor, ...]:
        """Return piece ids int64 [B, T], padded with 0."""
        return (pieces(self.tokeniser, raw).to(self.device),)

    def features(self, pieces: Tensor) -> Tensor:
        """Return pooled features [B, W] of piece ids [B, T] (0 = padding, first piece present)."""
        present = pieces != PADDING
        tokens = self.dropout(self.pieces(pieces) + self.positions[: pieces.shape[1]])
        for block in self.blocks:
            tokens = block(tokens, present)
        pooled: Tensor = self.pool(self.norm(tokens), present)
        return pooled

    def options(self) -> dict[str, Any]:
        """Return the network's sizes."""
        return {**self._shape, "tokens_max": len(self.positions)}

    def facts(self) -> dict[str, str]:
        """Return about how much of a text is read."""
        return {"characters_max": str(CHARACTERS_MAX)}

    def save_assets(self, folder: Path) -> None:
        """Write the tokeniser."""
        write_whole(folder / TOKENISER_FILE, self.tokeniser.to_str(pretty=True).encode())


def compact_text_encoder(tokeniser: Tokenizer) -> TextEncoder:
    """The text encoder of the demonstration pack: 2 layers of width 160."""
    return TextEncoder(DIMENSION, tokeniser, width=160, layers=2, heads=4, dropout=0.1)
