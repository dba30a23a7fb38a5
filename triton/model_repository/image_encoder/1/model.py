"""Triton: pictures to unit vectors."""

from pathlib import Path

from torch import Tensor, nn

from training.networks.image import compact_image_encoder
from training.serving.model import Arrays, PackModel


class TritonPythonModel(PackModel):
    """IMAGE [n, H, W, 3] uint8 RGB -> VECTOR [n, 256]."""

    inputs = ("IMAGE",)

    def build(self, _folder: Path) -> nn.Module:
        """Make the encoder."""
        return compact_image_encoder()

    def vectors(self, arrays: Arrays) -> Tensor:
        """Encode all pictures of the batch at once."""
        encoded: Tensor = self.network(self.tensor(arrays[0]))
        return encoded
