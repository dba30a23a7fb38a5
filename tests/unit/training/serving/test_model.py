"""The base of Triton's models, with a stand-in for the module that only exists inside Triton."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.unit.training.serving.triton_backend import Request, TritonError, stand_in

REPOSITORY = Path(__file__).parents[4] / "triton" / "model_repository"


@pytest.fixture(autouse=True)
def _backend(monkeypatch):
    stand_in(monkeypatch)
    # Each imports the stand-in under the module's name: none may stay from another test, or for one.
    _forget_serving()
    yield
    _forget_serving()


def _forget_serving():
    for name in [name for name in sys.modules if name.startswith("training.serving.")]:
        del sys.modules[name]


def _model(name):
    spec = importlib.util.spec_from_file_location(f"model_{name}", REPOSITORY / name / "1" / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.TritonPythonModel()
    model.initialize(
        {"model_instance_kind": "CPU", "model_repository": str(REPOSITORY / name), "model_version": "1"}
    )
    return model


def _text(*texts):
    return Request({"TEXT": np.array([[text] for text in texts], object)})


def _sound(seconds=0.5, samples=None, value=0.1):
    waveform = np.full((1, int(16_000 * seconds)), value, np.float32)
    return Request({"WAVEFORM": waveform, "SAMPLES": np.array([[samples or waveform.shape[1]]], np.int32)})


def _mixture(strategy=4, weight=1.0, modality=0, component=1 / 16):
    return Request(
        {
            "VECTORS": np.full((1, 16, 256), component, np.float32),
            "WEIGHTS": np.full((1, 16), weight, np.float32),
            "MODALITIES": np.full((1, 16), modality, np.int32),
            "STRATEGY": np.array([[strategy]], np.int32),
        }
    )


def _vectors(answer):
    assert answer.error is None
    return answer.output_tensors[0].array


def test_each_request_gets_its_own_rows():
    """A batch of requests of different sizes is answered as if each had come alone."""
    model = _model("text_encoder")
    requests = [_text(b"red mug"), _text(b"blue sofa", "蓝色的杯子".encode()), _text(b"")]
    together = [_vectors(answer) for answer in model.execute(requests)]
    assert [(1, 256), (2, 256), (1, 256)] == [vectors.shape for vectors in together]
    for request, vectors in zip(requests, together, strict=True):
        (alone,) = model.execute([request])
        np.testing.assert_allclose(vectors, _vectors(alone), atol=1e-5)


def test_vectors_of_half_precision_are_of_length_1():
    """As on a GPU: rounding to half would leave lengths that are off by some thousandths of their own."""
    model = _model("text_encoder")
    model.network.half()
    model.precision = torch.float16
    (answer,) = model.execute([_text(*(f"mug number {n}".encode() for n in range(64)))])
    np.testing.assert_allclose(np.linalg.norm(_vectors(answer), axis=1), 1, atol=1e-6)


def test_a_broken_request_fails_alone():
    """Bytes that are not UTF-8 are refused; the neighbours are answered."""
    good, bad, other = _model("text_encoder").execute([_text(b"mug"), _text(b"\xff"), _text(b"hat")])
    assert TritonError.INVALID_ARG == bad.error.code
    assert "UTF-8" in str(bad.error)
    assert (1, 256) == _vectors(good).shape == _vectors(other).shape


def test_cancelled_requests_are_not_computed():
    """A request that the client has given up on is answered as cancelled."""
    request = _text(b"mug")
    request.cancelled = True
    (answer,) = _model("text_encoder").execute([request])
    assert TritonError.CANCELLED == answer.error.code


@pytest.mark.parametrize("request_", [_sound(value=np.nan), _sound(samples=99_999), _sound(samples=-1)])
def test_impossible_sound_is_refused(request_):
    """Sound that is not finite, or shorter than it says, is an error of the caller."""
    broken, good = _model("audio_encoder").execute([request_, _sound()])
    assert TritonError.INVALID_ARG == broken.error.code
    assert (1, 256) == _vectors(good).shape


@pytest.mark.parametrize(
    "request_",
    [
        _mixture(strategy=2),
        _mixture(weight=0.0),
        _mixture(weight=np.inf),
        _mixture(modality=4),
        _mixture(component=np.nan),
        _mixture(component=3.0),
    ],
    ids=["strategy", "no part", "infinite weight", "modality", "not finite", "not unit"],
)
def test_impossible_mixtures_are_refused(request_):
    """What no head can fuse is an error of the caller."""
    broken, good = _model("fusion").execute([request_, _mixture()])
    assert TritonError.INVALID_ARG == broken.error.code
    assert (1, 256) == _vectors(good).shape


def test_a_batch_may_mix_strategies():
    """Requests for different heads share a batch and get their own head's answer."""
    model = _model("fusion")
    requests = [_mixture(strategy) for strategy in (1, 3, 4)]
    for request, answer in zip(requests, model.execute(requests), strict=True):
        (alone,) = model.execute([request])
        np.testing.assert_allclose(_vectors(answer), _vectors(alone), atol=1e-5)


def test_pictures_become_vectors():
    """A black and a white picture have finite vectors of length 1."""
    pictures = np.stack([np.zeros((96, 96, 3), np.uint8), np.full((96, 96, 3), 255, np.uint8)])
    (answer,) = _model("image_encoder").execute([Request({"IMAGE": pictures})])
    np.testing.assert_allclose(np.linalg.norm(_vectors(answer), axis=1), [1, 1], atol=1e-5)
