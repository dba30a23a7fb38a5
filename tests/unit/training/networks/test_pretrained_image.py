"""Vision models of the transformers library as backbones."""

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import ViTImageProcessorPil, ViTModel

from tests.small_models import vit
from training.networks.registry import build_encoder

PICTURES = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)


def states(folder):
    pixels = ViTImageProcessorPil.from_pretrained(folder)(
        [Image.fromarray(each) for each in PICTURES], return_tensors="pt"
    )
    return ViTModel.from_pretrained(folder).eval()(**pixels)


@pytest.mark.parametrize("pooling", [None, "pooler", "cls", "mean"])
@torch.inference_mode()
def test_features_are_the_model_s(tmp_path, pooling):
    """The model's own pooler, its first token or the mean of all, of pixels normalised as its folder says."""
    folder = vit(tmp_path / "vit")
    options = {"path": str(folder)} | ({"pooling": pooling} if pooling else {})
    encoder = build_encoder("image", "pretrained", 8, options).eval()

    output = states(folder)
    expected = {"cls": output.last_hidden_state[:, 0], "mean": output.last_hidden_state.mean(1)}.get(
        pooling, output.pooler_output
    )

    features = encoder.features(*encoder.prepare(torch.from_numpy(PICTURES)))
    torch.testing.assert_close(features, expected, atol=1e-4, rtol=0)
    assert "squash_bilinear" == encoder.facts()["resize"]


@torch.inference_mode()
def test_a_pooler_that_nobody_trained_is_not_used(tmp_path):
    """Where the folder has no weights of the pooler, as with masked autoencoders, the first token counts."""
    folder = vit(tmp_path / "vit")
    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if "pooler" not in name}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})

    encoder = build_encoder("image", "pretrained", 8, {"path": str(folder)}).eval()

    features = encoder.features(*encoder.prepare(torch.from_numpy(PICTURES)))
    torch.testing.assert_close(features, states(folder).last_hidden_state[:, 0], atol=1e-4, rtol=0)
