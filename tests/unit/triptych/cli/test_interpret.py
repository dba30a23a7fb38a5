"""`triptych describe` and `triptych transcribe`, against a fake gateway."""

import json

import pytest
from typer.testing import CliRunner

from triptych.cli.main import app


@pytest.fixture
def run(gateway):
    """Run a command against the fake gateway."""
    return lambda *words: CliRunner().invoke(app, [*words, "--address", gateway.address])


@pytest.fixture
def file(tmp_path):
    """A file of five bytes; whether it is a picture or a sound is for the suite to say."""
    path = tmp_path / "media"
    path.write_bytes(b"media")
    return str(path)


def test_a_picture_is_described(run, file):
    """The sentence first, alone on its line; how sure the model is below."""
    result = run("describe", file)

    assert 0 == result.exit_code, result.output
    assert ["A picture of 5 bytes.", "confidence 0.50"] == result.stdout.splitlines()


def test_a_sound_is_transcribed(run, file):
    """What was said, then how sure the model is and what it understood."""
    result = run("transcribe", file)

    assert [
        "red mug",
        "confidence 0.75 · category mug, colour red, material not leather, price at most 50",
    ] == result.stdout.splitlines()


def test_a_sound_without_words(run, tmp_path):
    """An empty transcript is said in words."""
    (tmp_path / "empty").write_bytes(b"")

    result = run("transcribe", str(tmp_path / "empty"))

    assert ["nothing understood", "confidence 0.12"] == result.stdout.splitlines()


@pytest.mark.parametrize(
    ("command", "field", "expected"),
    [("describe", "description", "A picture of 5 bytes."), ("transcribe", "transcript", "red mug")],
)
def test_as_json(run, file, command, field, expected):
    """The response in protobuf's JSON mapping, and nothing else."""
    assert expected == json.loads(run(command, file, "--json").stdout)[field]


@pytest.mark.parametrize("command", ["describe", "transcribe"])
def test_a_file_that_is_not_there(run, command):
    """One line with the file's name, and the exit code of wrong input."""
    result = run(command, "nowhere.jpg")

    assert 2 == result.exit_code
    assert "nowhere.jpg: No such file" in result.stderr


def test_an_address_is_sent_as_it_is(run):
    """The suite fetches it, if its operator allows."""
    assert "A picture of 0 bytes." in run("describe", "https://shop.example/a.jpg").stdout
