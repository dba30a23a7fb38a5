"""The base of the Triton models of encoders: what encoder.json describes, loaded and run."""

from pathlib import Path

from torch import Tensor

from training.networks.encoder import ModalityEncoder
from training.networks.registry import load_encoder
from training.serving.model import Arrays, PackModel


class EncoderModel(PackModel):
    """Serves the encoder that lies beside it."""

    network: ModalityEncoder

    def load(self, folder: Path) -> ModalityEncoder:
        """Read the encoder."""
        return load_encoder(folder)

    def vectors(self, arrays: Arrays) -> Tensor:
        """Encode all inputs of the batch at once."""
        return self.network.encode(self.raw(arrays))

    def raw(self, arrays: Arrays) -> object:
        """Return the inputs in the form that `ModalityEncoder.prepare` takes."""
        raise NotImplementedError
