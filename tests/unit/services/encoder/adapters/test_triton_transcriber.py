"""The transcriber's configuration, and how a sound is laid out for it."""

from types import SimpleNamespace

import numpy as np
import pytest

from services.encoder.adapters.triton_transcriber import TritonTranscriber
from services.encoder.core.facts import SpeechFacts
from services.encoder.core.transcribe import Heard
from triptych.vocabulary.errors import Internal, Unavailable
from triptych.vocabulary.vectors import ModelVersion

PARAMETERS = {"version": "3", "languages": "en,de", "sample_rate_hz": "16000", "seconds_max": "30"}


class FakeTriton:
    """Speaks as tritonclient's aio client does, and hears what it was told to."""

    def __init__(self, *, ready=True, pack=("transcriber",), confidence=0.5):
        self.ready, self.pack, self.confidence = ready, pack, confidence
        self.calls = []

    async def is_model_ready(self, name, client_timeout):
        return self.ready

    async def get_model_repository_index(self, client_timeout):
        return SimpleNamespace(models=[SimpleNamespace(name=name) for name in self.pack])

    async def get_model_config(self, name, client_timeout):
        entries = {key: SimpleNamespace(string_value=value) for key, value in PARAMETERS.items()}
        return SimpleNamespace(config=SimpleNamespace(parameters=entries, max_batch_size=1, input=[]))

    async def infer(self, model, inputs, client_timeout, headers=None):
        self.calls.append(
            {each.name(): (each.datatype(), each.shape(), each._get_content()) for each in inputs}
        )
        outputs = {
            "TEXT": np.array([["a café".encode()]], object),
            "CONFIDENCE": np.array([[self.confidence]], np.float32),
            "SLOTS": np.array([[b'{"category": "cafe"}']], object),
        }
        return SimpleNamespace(as_numpy=outputs.get)


async def test_facts():
    """The facts are those of the configuration; what is heard has no space."""
    expected = SpeechFacts(
        ModelVersion("transcriber", "3", ""), ("en", "de"), sample_rate_hz=16_000, seconds_max=30.0
    )
    assert expected == await TritonTranscriber(FakeTriton(), "transcriber").facts()


async def test_a_pack_without_the_model():
    """There are no facts of a model that the pack has not."""
    assert await TritonTranscriber(FakeTriton(ready=False, pack=("other",)), "transcriber").facts() is None


async def test_a_model_that_is_still_loading():
    """It is unavailable, not missing."""
    with pytest.raises(Unavailable):
        await TritonTranscriber(FakeTriton(ready=False), "transcriber").facts()


async def test_a_sound_goes_with_its_length():
    """One row of samples and their number; text and slots come back as UTF-8 and JSON."""
    triton = FakeTriton()
    wave = np.array([0.25, -0.5], np.float32)
    heard = await TritonTranscriber(triton, "transcriber").transcribe(wave)

    assert Heard("a café", 0.5, {"category": "cafe"}) == heard
    assert [
        {
            "WAVEFORM": ("FP32", [1, 2], wave.tobytes()),
            "SAMPLES": ("INT32", [1, 1], np.int32(2).tobytes()),
        }
    ] == triton.calls


@pytest.mark.parametrize("confidence", [-0.1, 1.1, np.nan])
async def test_an_impossible_confidence_is_a_fault(confidence):
    """A model that is surer than sure is broken."""
    with pytest.raises(Internal):
        await TritonTranscriber(FakeTriton(confidence=confidence), "transcriber").transcribe(
            np.ones(9, np.float32)
        )
