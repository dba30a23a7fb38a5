"""`triptych train` as a shop calls it: bad data is refused in one sentence, good data becomes a pack."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from triptych.cli.main import app
from triptych.packs.pack import read_pack

RECIPE = """
dimension = 16
[text]
kind = "bag_of_words"
options = {buckets = 256, width = 16}
[image]
kind = "cnn"
options = {height = 16, width = 16, channels = [8, 8], blocks = [1]}
[optimiser]
steps = 6
batch = 8
[fusion]
steps = 3
batch = 8
rank = 8
width = 16
layers = 1
heads = 2
"""


@pytest.fixture(autouse=True)
def _quick(one_thread):
    """Small networks are slower on two threads."""


def _picture(path, value):
    Image.fromarray(np.full((16, 16, 3), value, np.uint8)).save(path)


def _folder(root, count=6):
    """Write the article's layout: pictures, texts and labels paired by stem."""
    for part in ("images", "texts"):
        (root / "train" / part).mkdir(parents=True)
    for at in range(count):
        _picture(root / "train" / "images" / f"{at}.png", at * 30)
        (root / "train" / "texts" / f"{at}.txt").write_text(f"a grey thing number {at}")
    return root


def _manifest(root, lines):
    root.mkdir(exist_ok=True)
    (root / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return root


def _run(*arguments):
    return CliRunner().invoke(app, ["train", *(str(one) for one in arguments)])


def _refused(result, *words):
    assert 2 == result.exit_code, result.output
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.output


def test_data_becomes_a_pack(tmp_path):
    """A folder of pictures and texts ends as a verified pack with its figures, recipe and counts."""
    recipe = tmp_path / "r.toml"
    recipe.write_text(RECIPE)
    data = _folder(tmp_path / "data", 24)
    result = _run(
        data,
        "--to",
        tmp_path / "shop",
        "--recipe",
        recipe,
        "--seed",
        5,
        "--version",
        "3",
        "--licence",
        "CC0-1.0",
    )
    assert 0 == result.exit_code, result.output
    pack = read_pack(tmp_path / "shop")
    assert ("shop", "3", "CC0-1.0", 16) == (pack.name, pack.version, pack.licence, pack.dimension)
    assert {"text_encoder", "image_encoder", "fusion"} == set(pack.models)
    assert 5 == pack.recipe["seed"]
    assert "image to text mrr" in result.output
    assert pack.figures["score"] > 0


def test_of_several_processes_one_speaks(tmp_path, monkeypatch):
    """torchrun starts the command several times: the figures are printed once."""
    recipe = tmp_path / "r.toml"
    recipe.write_text(RECIPE)
    monkeypatch.setenv("RANK", "1")

    result = _run(_folder(tmp_path / "data", 24), "--to", tmp_path / "shop", "--recipe", recipe)

    assert 0 == result.exit_code, result.output
    assert not result.output


def test_empty_folder_is_refused(tmp_path):
    """Nothing to train on is said so."""
    (tmp_path / "data").mkdir()
    _refused(_run(tmp_path / "data", "--to", tmp_path / "pack"), "the folder is empty")


def test_absent_data_is_refused(tmp_path):
    """A path that is not there is named."""
    _refused(_run(tmp_path / "none", "--to", tmp_path / "pack"), "none")


def test_broken_picture_is_refused_and_can_be_skipped(tmp_path):
    """A broken picture is named; --skip-bad leaves its record out."""
    data = _folder(tmp_path / "data", 24)
    (data / "train" / "images" / "3.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing more")
    _refused(_run(data, "--to", tmp_path / "pack"), "3.png")
    recipe = tmp_path / "r.toml"
    recipe.write_text(RECIPE)
    result = _run(data, "--to", tmp_path / "pack", "--recipe", recipe, "--skip-bad")
    assert 0 == result.exit_code, result.output
    assert "3.png" in result.output


def test_unpaired_stems_are_refused(tmp_path):
    """Pictures and texts that share no file name cannot be paired."""
    data = _folder(tmp_path / "data")
    for at in range(6):
        (data / "train" / "texts" / f"{at}.txt").rename(data / "train" / "texts" / f"other-{at}.txt")
    _refused(_run(data, "--to", tmp_path / "pack"), "there is no file called '0' in texts")


@pytest.mark.parametrize(
    ("count", "said"), [(1, "there is one record"), (6, "have the label 'mug': nothing to tell apart")]
)
def test_one_product_or_class_is_refused(tmp_path, count, said):
    """With one product, or one class for all, there is nothing to tell apart."""
    lines = [
        {"id": str(at), "text": f"thing {at}", "image": f"{at}.png", "label": "mug"} for at in range(count)
    ]
    data = _manifest(tmp_path / "data", lines)
    for at in range(count):
        _picture(data / f"{at}.png", at * 30)
    _refused(_run(data, "--to", tmp_path / "pack"), said)


def test_labels_out_of_range_are_refused(tmp_path):
    """A label that classes.txt does not know is named with its line."""
    lines = [{"id": str(at), "text": f"thing {at}", "image": f"{at}.png", "label": at} for at in range(6)]
    data = _manifest(tmp_path / "data", lines)
    for at in range(6):
        _picture(data / f"{at}.png", at * 30)
    (data / "classes.txt").write_text("mug\nhat\n")
    _refused(_run(data, "--to", tmp_path / "pack"), "manifest.jsonl:3")


def test_bad_recipe_and_name_are_refused_before_the_data_is_read(tmp_path):
    """What is wrong with the call itself is said at once."""
    recipe = tmp_path / "r.toml"
    recipe.write_text("[loss]\nkind = 'triplet'")
    _refused(_run(tmp_path / "none", "--to", tmp_path / "pack", "--recipe", recipe), "loss.kind")
    _refused(_run(tmp_path / "none", "--to", tmp_path / "pack", "--name", "My Shop"), "--name")
    assert not (tmp_path / "pack").exists()
