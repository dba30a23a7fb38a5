"""Triton: pictures to sentences by a model of transformers."""

import json
from pathlib import Path

import numpy as np
from torch import nn

from training.describe.write import DESCRIBER_FILE
from training.networks.captioner import Captioner
from training.serving.model import Arrays, Outputs, PackModel


class TritonPythonModel(PackModel):
    """IMAGE [n, H, W, 3] uint8 RGB -> TEXT [n, 1] UTF-8, CONFIDENCE [n, 1] from 0 to 1."""

    inputs = ("IMAGE",)
    network: Captioner

    def load(self, folder: Path) -> nn.Module:
        """Read the captioner."""
        return Captioner.restore(folder, json.loads((folder / DESCRIBER_FILE).read_text()))

    def answers(self, arrays: Arrays) -> Outputs:
        """Describe all pictures of the batch at once."""
        texts, confidence = self.network.caption(self.tensor(arrays[0]))
        return {
            "TEXT": np.array([[text.encode()] for text in texts], object),
            "CONFIDENCE": confidence.cpu().numpy()[:, None].astype(np.float32),
        }
