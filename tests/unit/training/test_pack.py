"""The pack that lies in the repository fits the networks and its own papers."""

import json
import re
from pathlib import Path

import pytest
from safetensors.torch import load_file

from training.networks.fusion import compact_fusion_heads
from training.networks.registry import load_encoder, write_description
from training.pack import LANGUAGES, PACK, VERSION
from training.triton_config import config_text, encoder_config, fusion_config
from triptych.packs.files import checksums_of
from triptych.packs.verify import verify

REPOSITORY = Path(__file__).parents[3] / "triton" / "model_repository"
ENCODERS = ("text", "image", "audio")
MODELS = (*(f"{modality}_encoder" for modality in ENCODERS), "fusion")


@pytest.mark.parametrize("modality", ENCODERS)
def test_configuration_is_what_the_encoder_says(modality, tmp_path):
    """config.pbtxt and encoder.json are exactly what writing the loaded encoder again would write."""
    folder = REPOSITORY / f"{modality}_encoder"

    encoder = load_encoder(folder / "1")
    config = encoder_config(encoder, pack=PACK, version=VERSION, languages=LANGUAGES)
    write_description(encoder, tmp_path)

    assert config_text(config) == (folder / "config.pbtxt").read_text()
    assert (tmp_path / "encoder.json").read_text() == (folder / "1" / "encoder.json").read_text()


def test_configuration_is_what_the_fusion_says():
    """config.pbtxt is exactly what export writes."""
    config = fusion_config(256, pack=PACK, version=VERSION)
    assert config_text(config) == (REPOSITORY / "fusion" / "config.pbtxt").read_text()


def test_the_text_encoder_s_words_are_written_as_they_were_read(tmp_path):
    """Saving the loaded tokeniser again changes no byte, so its checksum holds."""
    folder = REPOSITORY / "text_encoder" / "1"
    load_encoder(folder).save_assets(tmp_path)
    assert (folder / "tokenizer.json").read_bytes() == (tmp_path / "tokenizer.json").read_bytes()


@pytest.mark.parametrize("model", MODELS)
def test_weights_are_half_precision(model):
    """Fractions are stored in half precision."""
    weights = load_file(REPOSITORY / model / "1" / "model.safetensors")
    assert {"torch.float16"} == {
        str(tensor.dtype) for tensor in weights.values() if tensor.is_floating_point()
    }


def test_fusion_weights_fit_the_heads():
    """Every tensor has its place."""
    weights = load_file(REPOSITORY / "fusion" / "1" / "model.safetensors")
    compact_fusion_heads().load_state_dict(weights)


@pytest.mark.parametrize("modality", ENCODERS)
def test_encoders_share_one_dimension(modality):
    """All encoders of the pack make vectors of 256 numbers."""
    described = json.loads((REPOSITORY / f"{modality}_encoder" / "1" / "encoder.json").read_text())
    assert 256 == described["dimension"]


def test_checksums_match_the_model_card():
    """Nobody has changed weights or tokeniser without their papers."""
    card = (REPOSITORY / "MODEL_CARD.md").read_text()
    written = dict(re.findall(r"^- `(.+)` ([0-9a-f]{64})$", card, re.MULTILINE))
    del (actual := checksums_of(REPOSITORY))["MODEL_CARD.md"]
    assert actual == written


def test_the_pack_is_sound():
    """Whoever changes a file seals the pack again: python -m training.packs.seal triton/model_repository."""
    pack = verify(REPOSITORY)
    assert (f"{PACK}-{VERSION}", 256, LANGUAGES) == (pack.id, pack.dimension, pack.languages)


def test_pack_is_small():
    """A clone stays light: at most 12 MB of weights."""
    assert sum(path.stat().st_size for path in REPOSITORY.glob("*/*/*.safetensors")) <= 12_000_000
