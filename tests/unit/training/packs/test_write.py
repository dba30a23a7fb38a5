import json
import os

import pytest
import torch

from training.errors import TrainingError
from training.networks.fusion import FusionHeads, weighted_sum
from training.networks.registry import load_encoder
from training.packs.fusion import load_fusion, save_fusion, untrained_fusion
from training.packs.seal import reseal
from training.packs.write import write_pack
from triptych.packs.pack import PackError
from triptych.packs.verify import verify

PICTURES = torch.arange(2 * 16 * 16 * 3, dtype=torch.uint8).reshape(2, 16, 16, 3)


@pytest.fixture
def write(encoders, tmp_path):
    """Write a pack; arguments replace those of a good one."""

    def write(**changes):
        arguments = {
            "name": "shop",
            "version": "1",
            "encoders": encoders,
            "fusion": untrained_fusion(16),
            "licence": "MIT",
            "languages": ("en",),
            "figures": {"R@1": 0.5},
            "recipe": {"seed": 3, "loss": {"kind": "info_nce"}},
            "half": False,
        }
        return write_pack(tmp_path / "shop", **arguments | changes)

    return write


def test_a_written_pack_is_sound_and_tells_what_it_is(write):
    """What was given stands in pack.json, and what can be read off the models."""
    pack = verify(write().folder)

    assert ("shop-1", 16, ("image", "text")) == (pack.id, pack.dimension, pack.modalities)
    assert {"text_encoder": "bag_of_words", "image_encoder": "cnn", "fusion": "heads"} == {
        name: entry.kind for name, entry in pack.models.items()
    }
    assert all(entry.parameters > 0 for entry in pack.models.values())
    assert {"seed": 3, "loss": {"kind": "info_nce"}} == pack.recipe


def test_encoders_come_back_as_they_were(write, encoders):
    """The vectors are the same to the last bit."""
    folder = write().folder

    with torch.inference_mode():
        for modality, raw in {"text": ["a red mug", "blue"], "image": PICTURES}.items():
            loaded = load_encoder(folder / f"{modality}_encoder" / "1")
            assert torch.equal(encoders[modality].encode(raw), loaded.encode(raw))


def test_half_precision_changes_vectors_little(write, encoders):
    """And takes half the room."""
    whole = (write().folder / "text_encoder/1/model.safetensors").stat().st_size
    folder = write(half=True).folder

    assert (folder / "text_encoder/1/model.safetensors").stat().st_size < 0.7 * whole
    with torch.inference_mode():
        loaded = load_encoder(folder / "text_encoder" / "1").encode(["a red mug"])
        assert torch.allclose(encoders["text"].encode(["a red mug"]), loaded, atol=2e-3)


def test_the_card_tells_people_the_same(write):
    """Licence, languages, figures, recipe and checksums."""
    pack = write(about="Made of a shop's own data.", limits=("Knows mugs only.",))

    card = (pack.folder / "MODEL_CARD.md").read_text()

    for told in (
        "# shop 1",
        "Made of a shop's own data.",
        "MIT",
        "| R@1 | 0.5000 |",
        "Knows mugs only.",
        "- seed: 3",
    ):
        assert told in card
    digest = pack.checksums["fusion/1/model.safetensors"]
    assert f"`fusion/1/model.safetensors` {digest}" in card


def test_a_pack_may_lack_fusion(write):
    """A single encoder is enough."""
    pack = write(fusion=None)

    assert ["image_encoder", "text_encoder"] == sorted(pack.models)


def test_further_models_are_written_by_their_own_functions(write):
    """And belong to the pack."""

    def ranker(folder):
        (folder / "1").mkdir(parents=True)
        (folder / "1" / "model.py").write_text("from training.serving.ranker import TritonPythonModel\n")
        (folder / "config.pbtxt").write_text(
            'name: "ranker"\n'
            'backend: "python"\n'
            'input [ { name: "FEATURES", data_type: TYPE_FP32, dims: [2] } ]\n'
            'input [ { name: "STRATEGY", data_type: TYPE_INT32, dims: [1] } ]\n'
            'output [ { name: "SCORE", data_type: TYPE_FP32, dims: [1] } ]\n'
            'parameters { key: "pack" value: { string_value: "shop" } }\n'
            'parameters { key: "version" value: { string_value: "1" } }\n'
        )

    assert "ranker" in verify(write(parts={"ranker": ranker}).folder).models


def test_a_second_pack_replaces_the_first(write):
    """Nothing of the first stays."""
    write()
    pack = write(fusion=None, version="2")

    assert "shop-2" == pack.id
    assert not (pack.folder / "fusion").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"encoders": {}}, "needs encoders"),
        ({"fusion": untrained_fusion(8)}, "share one dimension"),
        ({"name": "My Shop"}, "must match"),
        ({"parts": {"ranker": lambda folder: folder.mkdir()}}, "folders are"),
    ],
)
def test_what_makes_no_pack_is_refused_and_leaves_what_was_there(write, tmp_path, changes, said):
    """The former pack is still sound, and nothing half written lies about."""
    before = write().checksums

    with pytest.raises(TrainingError, match=said):
        write(**changes)

    assert before == verify(tmp_path / "shop").checksums
    assert ["shop"] == [path.name for path in tmp_path.iterdir()]


def test_a_disk_that_cannot_be_written_is_told_in_a_sentence(write, tmp_path, monkeypatch):
    """Not with a traceback."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(TrainingError, match="cannot be written: No space left on device"):
        write()

    assert [] == list(tmp_path.iterdir())


def test_untrained_fusion_is_the_weighted_sum(write):
    """Every strategy, at unit length; also after it was saved and loaded."""
    folder = write().folder
    vectors = torch.nn.functional.normalize(
        torch.randn(5, 3, 16, generator=torch.Generator().manual_seed(2)), dim=-1
    )
    weights, modalities = torch.tensor([[1.0, 2.0, -0.5]] * 5), torch.tensor([[0, 1, 1]] * 5)

    heads = load_fusion(folder / "fusion" / "1")

    expected = torch.nn.functional.normalize(weighted_sum(vectors, weights), dim=-1)
    with torch.inference_mode():
        for name in ("concatenation", "bilinear", "learned"):
            assert torch.allclose(expected, getattr(heads, name)(vectors, weights, modalities), atol=1e-6)


def test_trained_fusion_comes_back_in_its_own_shape(tmp_path):
    """Rank, width, layers and heads are read off the network."""
    heads = FusionHeads(rank=5, width=12, layers=3, heads=3, dimension=7)
    torch.nn.init.normal_(heads.learned.out.weight)
    save_fusion(heads, tmp_path, half=False)

    loaded = load_fusion(tmp_path)

    assert all(torch.equal(value, loaded.state_dict()[name]) for name, value in heads.state_dict().items())
    assert 3 == loaded.learned.blocks[0].heads


def test_sealing_again_takes_a_change_that_was_meant(write):
    """The checksums in pack.json and in the card are those of now; the rest stays."""
    folder = write().folder
    config = folder / "text_encoder" / "config.pbtxt"
    config.write_text(config.read_text() + "# a comment\n")
    with pytest.raises(PackError):
        verify(folder)

    pack = reseal(folder)

    assert pack.checksums["text_encoder/config.pbtxt"] in (folder / "MODEL_CARD.md").read_text()
    assert {"R@1": 0.5} == json.loads((folder / "pack.json").read_text())["figures"]
