"""Triton: texts to unit vectors; the tokeniser is the encoder's own."""

from training.serving.encoder import EncoderModel
from training.serving.model import Arrays


class TritonPythonModel(EncoderModel):
    """TEXT [n, 1] UTF-8 strings -> VECTOR [n, D]."""

    inputs = ("TEXT",)

    def check(self, arrays: Arrays) -> None:
        """Refuse bytes that are not UTF-8."""
        try:
            self.raw(arrays)
        except UnicodeDecodeError as problem:
            raise ValueError(f"TEXT is not UTF-8: {problem.reason} at byte {problem.start}") from problem

    def raw(self, arrays: Arrays) -> list[str]:
        """Return the texts."""
        return [text.decode() for text in arrays[0].ravel()]
