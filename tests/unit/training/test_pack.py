"""The pack that lies in the repository fits the networks and its own papers."""

import re
from pathlib import Path

import pytest
from safetensors.torch import load_file

from training.data.tokeniser import load_tokeniser
from training.export import CARD_FILE, checksums
from training.networks.audio import compact_audio_encoder
from training.networks.fusion import compact_fusion_heads
from training.networks.image import compact_image_encoder
from training.networks.text import compact_text_encoder
from training.triton_config import INPUTS, PACK, VERSION, config, facts

REPOSITORY = Path(__file__).parents[3] / "triton" / "model_repository"
TOKENISER = REPOSITORY / "text_encoder" / "1" / "tokenizer.json"
NETWORKS = {
    "text_encoder": lambda: compact_text_encoder(load_tokeniser(TOKENISER).get_vocab_size()),
    "image_encoder": compact_image_encoder,
    "audio_encoder": compact_audio_encoder,
    "fusion": compact_fusion_heads,
}


@pytest.mark.parametrize("model", INPUTS)
def test_configuration_is_what_the_networks_say(model):
    """config.pbtxt is exactly what export writes: shapes and facts come from the networks' own numbers."""
    assert config(model) == (REPOSITORY / model / "config.pbtxt").read_text()


@pytest.mark.parametrize("model", INPUTS)
def test_weights_fit_the_network(model):
    """Every tensor has its place, and fractions are stored in half precision."""
    weights = load_file(REPOSITORY / model / "1" / "model.safetensors")
    NETWORKS[model]().load_state_dict(weights)
    assert {"torch.float16"} == {
        str(tensor.dtype) for tensor in weights.values() if tensor.is_floating_point()
    }


@pytest.mark.parametrize("model", INPUTS)
def test_vectors_of_one_pack_are_comparable(model):
    """The spaces of all models share the name of the pack and its version."""
    assert facts(model)["space"].startswith(f"{PACK}-{VERSION}/")


def test_checksums_match_the_model_card():
    """Nobody has changed weights or tokeniser without their papers."""
    card = (REPOSITORY / CARD_FILE).read_text()
    written = dict(re.findall(r"^- `(.+)` ([0-9a-f]{64})$", card, re.MULTILINE))
    assert written == checksums(REPOSITORY)
    assert len(INPUTS) + 1 == len(written)


def test_pack_is_small():
    """A clone stays light: at most 12 MB of weights."""
    assert sum(path.stat().st_size for path in REPOSITORY.glob("*/*/*.safetensors")) <= 12_000_000
