"""A small random Whisper model, saved to a folder, served as a transcriber."""

import json

import numpy as np
import pytest

from tests.small_models import whisper, written_by_whisper
from training.errors import TrainingError
from training.speech.transcriber import load_transcriber
from training.speech.whisper import WhisperRecogniser
from training.speech.write import write_whisper_transcriber


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The folder of a multilingual model of a few words, with its processor."""
    return whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def wave():
    """Two seconds of noise."""
    return np.random.default_rng(0).standard_normal(32_000).astype(np.float32) * 0.1


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_transcript_is_the_original_models(saved, tmp_path, wave, language):
    """Copied into a pack and loaded again, it writes what the model in its folder writes, and is 0 to 1 sure."""
    ways = {"colour": {"red": ("red",), "blue": ("blue",)}}
    write_whisper_transcriber(tmp_path, saved, pack="shop", version="1", language=language, ways=ways)
    options = json.loads((tmp_path / "1" / "transcriber.json").read_text()) | {"confidence_floor": 0}
    (tmp_path / "1" / "transcriber.json").write_text(json.dumps(options))
    expected = written_by_whisper(saved, wave, language)
    heard = load_transcriber(tmp_path / "1").hear(wave)

    assert expected
    assert expected == heard.text
    assert 0 < heard.confidence <= 1
    assert set(heard.slots) <= {"colour"}


def test_below_the_floor_nothing_is_claimed(saved, wave):
    """A model that guesses is not believed."""
    heard = WhisperRecogniser(saved, language="en", confidence_floor=1.0).hear(wave)

    assert ("", {}) == (heard.text, heard.slots)
    assert heard.confidence < 1


def test_only_thirty_seconds_are_heard(saved, wave):
    """What is longer is cut, as Whisper's window is."""
    recogniser = WhisperRecogniser(saved, language="en")
    long = np.tile(wave, 16)

    assert recogniser.hear(long[: 30 * 16_000]) == recogniser.hear(long)


def test_weights_that_can_run_code_are_refused(tmp_path):
    """Only .safetensors are taken."""
    (tmp_path / "pytorch_model.bin").write_bytes(b"")

    with pytest.raises(TrainingError, match="safetensors"):
        write_whisper_transcriber(tmp_path / "to", tmp_path, pack="shop", version="1")


def test_a_folder_of_something_else_is_refused(tmp_path):
    """The error names the folder."""
    (tmp_path / "config.json").write_text("{}")

    with pytest.raises(TrainingError, match=str(tmp_path)):
        WhisperRecogniser(tmp_path)
