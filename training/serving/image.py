"""Triton: pictures to unit vectors."""

from torch import Tensor

from training.serving.encoder import EncoderModel
from training.serving.model import Arrays


class TritonPythonModel(EncoderModel):
    """IMAGE [n, H, W, 3] uint8 RGB -> VECTOR [n, D]."""

    inputs = ("IMAGE",)

    def raw(self, arrays: Arrays) -> Tensor:
        """Return the pictures."""
        return self.tensor(arrays[0])
