"""What the packs are measured against: logistic regression on a frozen backbone's embeddings of the same photos."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from training.data.dataset import Record
from training.data.loading import load_picture
from training.networks.encoder import ModalityEncoder
from training.networks.registry import build_encoder

# Inverse strengths of regularisation. The best is chosen on the photos that are reported: in the baseline's favour.
STRENGTHS = (0.001, 0.01, 0.03, 0.1, 0.3, 1.0, 10.0)
BATCH = 32


def logistic_regression(
    backbone: Path, train: Sequence[Record], held_out: Sequence[Record]
) -> Mapping[float, float]:
    """Return the share of *held_out* photos whose product is named rightly, by strength of regularisation."""
    encoder = build_encoder("image", "onnx", 256, {"path": str(backbone), "resize": "squash_bilinear"})
    seen, asked = (embeddings(encoder, photos) for photos in (train, held_out))
    labels, right = ([photo.label for photo in photos] for photos in (train, held_out))
    found = {}
    for strength in STRENGTHS:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000))
        found[strength] = float(model.fit(seen, labels).score(asked, right))
    return found


@torch.inference_mode()
def embeddings(encoder: ModalityEncoder, photos: Sequence[Record]) -> NDArray[np.float32]:
    """Return the backbone's features [N, F]."""
    facts = encoder.eval().facts()
    height, width = int(facts["height"]), int(facts["width"])
    parts = []
    for start in range(0, len(photos), BATCH):
        paths = [photo.image for photo in photos[start : start + BATCH]]
        pictures = [load_picture(path, height, width, facts["resize"]) for path in paths if path is not None]
        prepared = encoder.prepare(torch.from_numpy(np.stack(pictures)))
        parts.append(encoder.features(*prepared).numpy())
    return np.concatenate(parts)
