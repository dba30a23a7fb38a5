"""The transcriber as Triton runs it, with a stand-in for the module that only exists inside Triton."""

import importlib
import sys

import numpy as np
import pytest

from tests.unit.training.serving.triton_backend import Request, TritonError, stand_in
from training.speech.heard import Heard


class Counts:
    """Hears how many samples there are."""

    rate_hz = 16_000

    def hear(self, wave):
        return Heard(f"{wave.size} sámples", 0.5, {"size": "large"})


@pytest.fixture
def model(monkeypatch):
    """The model with a recogniser that counts."""
    stand_in(monkeypatch)
    monkeypatch.delitem(sys.modules, "training.serving.transcriber", raising=False)
    served = importlib.import_module("training.serving.transcriber").TritonPythonModel()
    served.recogniser = Counts()
    yield served
    sys.modules.pop("training.serving.transcriber", None)


def sound(samples=8, counted=None, value=0.1):
    waveform = np.full((1, samples), value, np.float32)
    return Request({"WAVEFORM": waveform, "SAMPLES": np.array([[counted or samples]], np.int32)})


def outputs(answer):
    assert answer.error is None
    return {tensor.name: tensor.array.ravel()[0] for tensor in answer.output_tensors}


def test_only_the_samples_that_count_are_heard(model):
    """Zeros at the end are no part of the sound; text and slots are UTF-8."""
    long, short = model.execute([sound(8), sound(8, counted=5)])

    assert {"TEXT": "8 sámples".encode(), "CONFIDENCE": 0.5, "SLOTS": b'{"size": "large"}'} == outputs(long)
    assert "5 sámples".encode() == outputs(short)["TEXT"]


@pytest.mark.parametrize("broken", [sound(value=np.nan), sound(counted=9), sound(counted=-1)])
def test_an_impossible_sound_fails_alone(model, broken):
    """Sound that is not finite, or shorter than it says, is an error of the caller; its neighbour is heard."""
    refused, good = model.execute([broken, sound()])

    assert TritonError.INVALID_ARG == refused.error.code
    assert b'{"size": "large"}' == outputs(good)["SLOTS"]


def test_a_cancelled_sound_is_not_heard(model):
    """A request that the client has given up on is answered as cancelled."""
    request = sound()
    request.cancelled = True

    assert TritonError.CANCELLED == model.execute([request])[0].error.code


def test_serving_speech_needs_no_torch():
    """A process that listens with PocketSphinx does not carry torch along."""
    import subprocess

    code = (
        "import sys, types; sys.modules['triton_python_backend_utils'] = types.ModuleType('backend');"
        "import training.serving.transcriber; sys.exit('torch' in sys.modules)"
    )
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
