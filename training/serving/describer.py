"""Triton: pictures to sentences."""

import json
from pathlib import Path

import numpy as np
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn

from training.describe.write import DESCRIBER_FILE, TOKENISER_FILE, WEIGHTS_FILE
from training.networks.describer import Describer, DescriberShape
from training.networks.encoder import ModalityEncoder
from training.networks.registry import load_encoder
from training.serving.model import Arrays, Outputs, PackModel
from training.triton_config import VERSION_FOLDER

IMAGE_MODEL = "image_encoder"


class Both(nn.Module):
    """The two networks that a sentence needs."""

    def __init__(self, image: ModalityEncoder, describer: Describer) -> None:
        super().__init__()
        self.image = image
        self.describer = describer


class TritonPythonModel(PackModel):
    """IMAGE [n, H, W, 3] uint8 RGB -> TEXT [n, 1] UTF-8, CONFIDENCE [n, 1] from 0 to 1."""

    inputs = ("IMAGE",)
    network: Both

    def load(self, folder: Path) -> nn.Module:
        """Read the describer, and the image encoder of the same pack, whose features it was trained on."""
        described = json.loads((folder / DESCRIBER_FILE).read_text())
        self.begin, self.end = described["begin"], described["end"]
        self.tokeniser = Tokenizer.from_file(str(folder / TOKENISER_FILE))
        describer = Describer(DescriberShape(**described["shape"]))
        describer.load_state_dict(load_file(folder / WEIGHTS_FILE))
        # model_repository/describer/1 -> model_repository/image_encoder/1
        image = load_encoder(folder.parents[1] / IMAGE_MODEL / VERSION_FOLDER)
        return Both(image, describer)

    def answers(self, arrays: Arrays) -> Outputs:
        """Describe all pictures of the batch at once."""
        image, describer = self.network.image, self.network.describer
        features = image.features(*image.prepare(self.tensor(arrays[0])))
        pieces, confidence = describer.describe(features, self.begin, self.end)
        texts = [[text.strip().encode()] for text in self.tokeniser.decode_batch(pieces)]
        return {
            "TEXT": np.array(texts, object),
            "CONFIDENCE": confidence.float().cpu().numpy()[:, None].astype(np.float32),
        }
