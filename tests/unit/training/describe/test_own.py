"""A pack gets a model that describes pictures, by `triptych captions`."""

import json

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from training.networks.registry import build_encoder
from training.packs.write import write_pack
from triptych.cli.main import app
from triptych.packs.pack import read_pack
from triptych.packs.verify import verify

COLOURS = ("red", "blue", "green", "white")
SIDE_PX = 16


@pytest.fixture(autouse=True)
def _quick(one_thread):
    """Small networks are slower on two threads."""


def write(folder, **encoders):
    write_pack(
        folder, name="shop", version="1", encoders=encoders, fusion=None, licence="MIT", languages=("en",), figures={},
        recipe={},
    )  # fmt: skip
    return folder


@pytest.fixture
def pack(tmp_path):
    """The folder of a pack that encodes pictures."""
    torch.manual_seed(1)
    options = {"channels": [8, 16], "blocks": [1], "height": SIDE_PX, "width": SIDE_PX}
    return write(tmp_path / "shop", image=build_encoder("image", "cnn", 16, options).eval())


@pytest.fixture
def data(tmp_path):
    """Pictures of one colour each, and texts that name it first."""
    folder = tmp_path / "data"
    folder.mkdir()
    lines = []
    for at in range(24):
        colour = COLOURS[at % 4]
        Image.new("RGB", (SIDE_PX, SIDE_PX), colour).save(folder / f"{at}.png")
        lines.append({"id": str(at), "text": f"A {colour} mug. Holds {at} ml.", "image": f"{at}.png"})
    (folder / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def captions(*arguments):
    return CliRunner().invoke(app, ["captions", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.mark.slow
def test_a_catalogue_s_own_texts_are_learned(pack, data):
    """Records kept aside are described in the words of their first sentences; the pack is sound and as it was."""
    before = read_pack(pack)

    result = captions("--to", pack, data, "--steps", 50)

    assert 0 == result.exit_code, result.output
    examples = [line for line in result.output.splitlines() if "where the text is" in line]
    assert 3 == len(examples)
    for line in examples:
        said, text = line.partition(": ")[2].split(", where the text is ")
        assert text == said
    after = verify(pack)
    assert before.models.keys() | {"describer"} == after.models.keys()
    assert "tokenizers" in after.requires
    assert before.models["image_encoder"] == after.models["image_encoder"]


def test_another_model_takes_its_place(pack, data, tmp_path):
    """Nothing of the former one stays, and the pack says what it needs now."""
    pytest.importorskip("transformers", reason="the extra pretrained is not installed")
    from tests.small_models import blip

    captions("--to", pack, data, "--steps", 1)
    before = read_pack(pack)

    result = captions("--to", pack, "--model", blip(tmp_path / "blip"))

    assert 0 == result.exit_code, result.output
    after = verify(pack)
    assert "transformers" in after.requires
    assert before.models["describer"].parameters != after.models["describer"].parameters
    assert (pack / "describer" / "1" / "backbone" / "model.safetensors").is_file()
    assert not (pack / "describer" / "1" / "tokenizer.json").exists()


def test_what_cannot_be_learned_changes_nothing(pack, data, tmp_path):
    """One line and exit code 2."""
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "manifest.jsonl").write_text('{"id": "1", "text": "A mug."}\n{"id": "2", "text": "A hat."}\n')
    before = read_pack(pack)

    calls = [
        captions("--to", pack, *more) for more in ((), (data, "--model", data), (bare,), ("--model", bare))
    ]

    assert [2] * 4 == [call.exit_code for call in calls]
    said = ("DATA or --model", "DATA or --model", "records with a picture and a text", "no config.json")
    for call, words in zip(calls, said, strict=True):
        assert words in call.stderr
    assert before == verify(pack)


def test_a_pack_without_pictures_is_refused(data, tmp_path):
    """There is nothing that a describer could read."""
    text = build_encoder("text", "bag_of_words", 16, {"buckets": 64, "width": 8}).eval()

    result = captions("--to", write(tmp_path / "texts", text=text), data)

    assert 2 == result.exit_code
    assert "encodes no pictures" in result.stderr
