"""Speech to words, from a client through gateway and encoder to the pack's transcriber."""

import json

import grpc
import media
import numpy as np
import pytest

from training.demo.voices import VOICES, speak
from triptych.client import Client, TriptychClientError


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """A sound file of a sentence."""
    path = tmp_path_factory.mktemp("said") / "said.wav"
    path.write_bytes(media.wav(speak("show me a black leather suitcase", VOICES[0])))
    return path


def test_speech_becomes_constraints(suite, said):
    """The client gets the words, and attributes under the names that the catalogue has for them."""
    with Client(suite.address) as client:
        heard = client.transcribe(said, timeout_s=30)

    assert "show me a black leather suitcase" == heard.transcript
    assert {"category": "suitcase", "colour": "black", "material": "leather"} == {
        each.name: each.value for each in heard.constraints
    }
    assert 0.5 <= heard.confidence <= 1
    assert "transcriber" == heard.model.name


def test_the_command_says_the_same(suite, said):
    """`triptych transcribe` prints the response."""
    done = suite.run("transcribe", said, "--json", "--address", suite.address, "--timeout", 30)

    assert 0 == done.returncode, done.stderr
    assert "show me a black leather suitcase" == json.loads(done.stdout)["transcript"]


def test_silence_is_refused(suite):
    """With the field to blame."""
    with Client(suite.address) as client, pytest.raises(TriptychClientError) as refused:
        client.transcribe(media.wav(np.zeros(16_000, np.float32)), timeout_s=30)

    assert (grpc.StatusCode.INVALID_ARGUMENT, "AUDIO_SILENT", "audio.data") == (
        refused.value.code,
        refused.value.reason,
        refused.value.field,
    )
