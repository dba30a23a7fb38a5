"""Captioning models of transformers, tried on small random ones."""

import json

import pytest
import torch

transformers = pytest.importorskip("transformers", reason="the extra pretrained is not installed")

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from training.describe.write import DESCRIBER_FILE, write_captioner
from training.errors import TrainingError
from training.networks.captioner import Captioner

WORDS = ["[PAD]", "[BEGIN]", "[END]", *(f"word{at}" for at in range(20))]


def tokeniser():
    plain = Tokenizer(WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[PAD]"))
    plain.pre_tokenizer = Whitespace()
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=plain, pad_token="[PAD]", bos_token="[BEGIN]", eos_token="[END]"
    )


def blip():
    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    ends = {"bos_token_id": 1, "eos_token_id": 2, "sep_token_id": 2, "pad_token_id": 0}
    config = transformers.BlipConfig(
        text_config={**small, **ends, "vocab_size": len(WORDS), "encoder_hidden_size": 16},
        vision_config={**small, "image_size": 32, "patch_size": 8},
    )
    return transformers.BlipForConditionalGeneration(config)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A folder as a user brings it: model, tokeniser, and how pictures are prepared."""
    folder = tmp_path_factory.mktemp("blip")
    torch.manual_seed(3)
    blip().save_pretrained(folder)
    tokeniser().save_pretrained(folder)
    prepared = {
        "image_processor_type": "BlipImageProcessor",
        "do_resize": True, "size": {"height": 32, "width": 32}, "resample": 3,
        "do_rescale": True, "rescale_factor": 1 / 255,
        "do_normalize": True, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.3, 0.2, 0.1],
    }  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(prepared))
    return folder


@pytest.fixture
def pictures():
    return torch.randint(
        0, 256, (3, 32, 32, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )


def test_it_says_what_the_model_says(source, pictures):
    """The pieces are those of the library's own greedy generation on its own preparation."""
    captioner = Captioner.from_folder(source, pieces_max=6)

    texts, confidence = captioner.caption(pictures)

    model = transformers.BlipForConditionalGeneration.from_pretrained(source).eval()
    mean, std = torch.tensor([0.5, 0.4, 0.3]), torch.tensor([0.3, 0.2, 0.1])
    pixels = ((pictures / 255 - mean) / std).permute(0, 3, 1, 2)
    pieces = model.generate(pixel_values=pixels, max_new_tokens=6, do_sample=False)
    assert [text.strip() for text in tokeniser().batch_decode(pieces, skip_special_tokens=True)] == texts
    assert ((confidence > 0) & (confidence <= 1)).all()


def test_it_is_the_same_after_it_was_written(source, pictures, tmp_path):
    """What Triton loads from the model's folder says the same, and the configuration takes its pictures."""
    captioner = Captioner.from_folder(source, pieces_max=6)

    write_captioner(tmp_path / "describer", captioner, pack="shop", version="1")

    inside = tmp_path / "describer" / "1"
    again = Captioner.restore(inside, json.loads((inside / DESCRIBER_FILE).read_text()))
    assert captioner.caption(pictures)[0] == again.caption(pictures)[0]
    assert "dims: [32, 32, 3]" in (tmp_path / "describer" / "config.pbtxt").read_text()
    assert "training.serving.captioner" in (inside / "model.py").read_text()


def test_what_cannot_be_loaded_is_said(tmp_path, source):
    """A name of a hub, a folder without a model, and one whose weights could run code."""
    with pytest.raises(TrainingError, match="is no folder"):
        Captioner.from_folder("somebody/some-model")
    with pytest.raises(TrainingError, match=r"no config.json"):
        Captioner.from_folder(tmp_path)
    (tmp_path / "config.json").write_text((source / "config.json").read_text())
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(TrainingError, match="can run code"):
        Captioner.from_folder(tmp_path)
