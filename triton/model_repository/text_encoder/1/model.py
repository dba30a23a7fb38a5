"""Triton: texts to unit vectors; the tokeniser is the model's own."""

from pathlib import Path

from torch import Tensor, nn

from training.data.tokeniser import load_tokeniser, pieces
from training.networks.text import compact_text_encoder
from training.serving.model import Arrays, PackModel


class TritonPythonModel(PackModel):
    """TEXT [n, 1] UTF-8 strings -> VECTOR [n, 256]."""

    inputs = ("TEXT",)

    def build(self, folder: Path) -> nn.Module:
        """Make the encoder for as many word pieces as the tokeniser knows."""
        self.tokeniser = load_tokeniser(folder / "tokenizer.json")
        return compact_text_encoder(self.tokeniser.get_vocab_size())

    def check(self, arrays: Arrays) -> None:
        """Refuse bytes that are not UTF-8."""
        try:
            _decoded(arrays)
        except UnicodeDecodeError as problem:
            raise ValueError(f"TEXT is not UTF-8: {problem.reason} at byte {problem.start}") from problem

    def vectors(self, arrays: Arrays) -> Tensor:
        """Encode all texts of the batch at once."""
        encoded: Tensor = self.network(pieces(self.tokeniser, _decoded(arrays)).to(self.device))
        return encoded


def _decoded(arrays: Arrays) -> list[str]:
    return [text.decode() for text in arrays[0].ravel()]
