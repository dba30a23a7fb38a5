"""A pack gets a transcriber."""

import json

import pytest
import torch
from typer.testing import CliRunner

from training.networks.registry import build_encoder
from training.packs.write import write_pack
from training.speech.transcriber import load_transcriber
from triptych.cli.main import app
from triptych.packs.pack import read_pack
from triptych.packs.verify import verify

JSGF = "#JSGF V1.0;\ngrammar shop;\npublic <ask> = show me a (red | blue) {colour} mug ;\n"
PRODUCT = {"title": "Red mug", "category": "mug", "attributes": {"colour": "red"}}


@pytest.fixture
def pack(tmp_path):
    """The folder of a pack that encodes texts."""
    torch.manual_seed(1)
    text = build_encoder("text", "bag_of_words", 16, {"buckets": 64, "width": 8}).eval()
    write_pack(
        tmp_path / "shop", name="shop", version="1", encoders={"text": text}, fusion=None, licence="MIT",
        languages=("en",), figures={}, recipe={},
    )  # fmt: skip
    return tmp_path / "shop"


@pytest.fixture
def speech(pack, tmp_path):
    """Run `triptych speech` on the pack with a file of the content given."""

    def run(option, name, content, *more):
        path = tmp_path / name
        path.write_text(content)
        return CliRunner().invoke(app, ["speech", "--to", str(pack), option, str(path), *more])

    return run


def test_a_grammar_becomes_the_packs_transcriber(speech, pack):
    """The pack is sound afterwards, names what it needs, and its encoder is what it was."""
    before = read_pack(pack)
    result = speech("--grammar", "shop.jsgf", JSGF)
    after = verify(pack)

    assert 0 == result.exit_code, result.output
    assert before.models.keys() | {"transcriber"} == after.models.keys()
    assert "pocketsphinx" in after.requires
    assert before.checksums.items() <= after.checksums.items() | {
        ("MODEL_CARD.md", before.checksums["MODEL_CARD.md"])
    }
    assert load_transcriber(pack / "transcriber" / "1")


def test_another_transcriber_takes_its_place(speech, pack):
    """Nothing of the former one stays."""
    speech("--grammar", "shop.jsgf", JSGF)
    result = speech("--catalog", "products.jsonl", json.dumps(PRODUCT), "--free")

    assert 0 == result.exit_code, result.output
    assert {"model.py", "slots.json", "transcriber.json", "words.arpa", "words.dict"} == {
        path.name for path in (pack / "transcriber" / "1").iterdir()
    }
    assert verify(pack)


@pytest.mark.parametrize(
    ("option", "name", "content", "complaint"),
    [
        ("--grammar", "shop.jsgf", "nonsense", "shop.jsgf"),
        ("--grammar", "shop.yaml", "a: b", "expressions"),
        ("--catalog", "products.jsonl", "{}", "category"),
    ],
)
def test_what_cannot_be_heard_changes_nothing(speech, pack, option, name, content, complaint):
    """A broken source is one line and exit code 2; the pack stays as it was."""
    before = read_pack(pack)
    result = speech(option, name, content)

    assert 2 == result.exit_code
    assert complaint in result.stderr.replace("\n", "")
    assert before == verify(pack)


def test_something_to_hear_is_asked_for(pack):
    """Neither nothing nor two things at once."""
    assert 2 == CliRunner().invoke(app, ["speech", "--to", str(pack)]).exit_code
    both = ["--grammar", "a.jsgf", "--catalog", "b.jsonl"]
    assert 2 == CliRunner().invoke(app, ["speech", "--to", str(pack), *both]).exit_code
