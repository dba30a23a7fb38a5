"""Captioning models of transformers, tried on small random ones."""

import json

import pytest
import torch

pytest.importorskip("transformers", reason="the extra pretrained is not installed")

from PIL import Image

from tests.small_models import blip, said_by_blip
from training.describe.write import DESCRIBER_FILE, write_captioner
from training.errors import TrainingError
from training.networks.captioner import Captioner


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A folder as a user brings it: model, tokeniser, and how pictures are prepared."""
    return blip(tmp_path_factory.mktemp("blip"))


@pytest.fixture
def pictures():
    return torch.randint(
        0, 256, (3, 32, 32, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )


def test_it_says_what_the_model_says(source, pictures):
    """The pieces are those of the library's own greedy generation on its own preparation."""
    captioner = Captioner.from_folder(source, pieces_max=6)

    texts, confidence = captioner.caption(pictures)

    assert said_by_blip(source, [Image.fromarray(one) for one in pictures.numpy()], 6) == texts
    assert len(set(texts)) > 1
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
