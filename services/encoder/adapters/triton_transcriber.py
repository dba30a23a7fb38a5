"""The model that transcribes, in Triton."""

import json

import numpy as np
from tritonclient.grpc.aio import InferenceServerClient

from services.encoder.core.facts import SpeechFacts
from services.encoder.core.ports import Waveform
from services.encoder.core.transcribe import Heard
from services.encoder.metrics import MODEL_SECONDS
from triptych.runtime.triton import infer_outputs, served_facts
from triptych.vocabulary.errors import Internal
from triptych.vocabulary.vectors import ModelVersion

OUTPUTS = ("TEXT", "CONFIDENCE", "SLOTS")


class TritonTranscriber:
    """WAVEFORM: float32 (samples,), SAMPLES: int32 (1,) → TEXT, CONFIDENCE, SLOTS (JSON: name → value), (1,) each."""

    def __init__(self, client: InferenceServerClient, name: str) -> None:
        self._client = client
        self._name = name
        self._seconds = MODEL_SECONDS.labels(name)

    async def facts(self) -> SpeechFacts | None:
        """Read the model's configuration; None when Triton is ready and has no such model."""
        model = await served_facts(self._client, self._name)
        if model is None:
            return None
        return SpeechFacts(
            ModelVersion(model.name, model.parameters["version"], space=""),
            tuple(model.parameters["languages"].split(",")),
            sample_rate_hz=int(model.parameters["sample_rate_hz"]),
            seconds_max=float(model.parameters["seconds_max"]),
        )

    async def transcribe(self, wave: Waveform) -> Heard:
        """Transcribe one sound: sounds differ in length, so that none would share a batch."""
        inputs = {"WAVEFORM": wave[None], "SAMPLES": np.array([[wave.size]], np.int32)}
        with self._seconds.time():
            outputs = await infer_outputs(self._client, self._name, inputs, OUTPUTS)
        text, confidence, slots = (output.ravel()[0] for output in outputs)
        if not 0 <= confidence <= 1:
            raise Internal from ValueError(f"{self._name} is {confidence} sure; 0 to 1 is allowed")
        return Heard(text.decode(), float(confidence), json.loads(slots))
