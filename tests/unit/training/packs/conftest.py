"""Networks small enough to write and read in a moment."""

import pytest
import torch

from training.networks.registry import build_encoder


@pytest.fixture
def encoders():
    """Untrained encoders of texts and pictures, of 16 dimensions."""
    torch.manual_seed(1)
    return {
        "text": build_encoder("text", "bag_of_words", 16, {"buckets": 64, "width": 8}).eval(),
        "image": build_encoder(
            "image", "cnn", 16, {"channels": [4, 4], "blocks": [1], "height": 16, "width": 16}
        ).eval(),
    }
