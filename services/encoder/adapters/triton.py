"""The encoders in Triton: what their configurations say, and how their inputs are laid out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc.aio import InferenceServerClient

from services.encoder.core.facts import AudioFacts, ImageFacts, TextFacts
from services.encoder.core.ports import Pixels, Waveform
from services.encoder.metrics import BATCH_ROWS, MODEL_SECONDS
from triptych.runtime.triton import ModelFacts, infer, served_facts
from triptych.vocabulary.concurrency import side_by_side
from triptych.vocabulary.media import Resize
from triptych.vocabulary.vectors import Floats

OUTPUT = "VECTOR"

# Only waveforms of one length fit into a batch: rounding lengths up to whole half seconds lets more of them meet.
_PADS_PER_SECOND = 2


class TritonModel:
    """A model of the Triton behind *client*, called *name* there."""

    def __init__(self, client: InferenceServerClient, name: str) -> None:
        self._client = client
        self._name = name
        self._seconds = MODEL_SECONDS.labels(name)
        self._rows = BATCH_ROWS.labels(name)

    async def _configuration(self) -> ModelFacts | None:
        return await served_facts(self._client, self._name)

    async def _infer(self, rows: int, inputs: Mapping[str, NDArray[Any]]) -> Floats:
        self._rows.observe(rows)
        with self._seconds.time():
            return await infer(self._client, self._name, inputs, OUTPUT)


class TritonTextEncoder(TritonModel):
    """TEXT: strings (1,) → VECTOR (dimension,); tokeniser and truncation are the model's own."""

    async def facts(self) -> TextFacts | None:
        """Read the model's configuration."""
        model = await self._configuration()
        if model is None:
            return None
        languages = tuple(filter(None, model.parameters["languages"].split(",")))
        return TextFacts(model.version, model.space, model.max_batch_size, languages=languages)

    async def encode(self, inputs: Sequence[str]) -> Floats:
        """Encode texts, all in one call."""
        return await self._infer(len(inputs), {"TEXT": np.array([[text] for text in inputs], object)})


class TritonImageEncoder(TritonModel):
    """IMAGE: uint8 (height, width, 3) → VECTOR (dimension,)."""

    async def facts(self) -> ImageFacts | None:
        """Read the model's configuration."""
        model = await self._configuration()
        if model is None:
            return None
        return ImageFacts(
            model.version,
            model.space,
            model.max_batch_size,
            height_px=int(model.parameters["height"]),
            width_px=int(model.parameters["width"]),
            resize=Resize(model.parameters["resize"]),
        )

    async def encode(self, inputs: Sequence[Pixels]) -> Floats:
        """Encode pictures, all in one call."""
        return await self._infer(len(inputs), {"IMAGE": np.stack(inputs)})


class TritonAudioEncoder(TritonModel):
    """WAVEFORM: float32 (samples,), zero at the end; SAMPLES: int32 (1,), how many count → VECTOR (dimension,)."""

    _pad_samples = 1

    async def facts(self) -> AudioFacts | None:
        """Read the model's configuration."""
        model = await self._configuration()
        if model is None:
            return None
        rate_hz = int(model.parameters["sample_rate_hz"])
        self._pad_samples = rate_hz // _PADS_PER_SECOND
        return AudioFacts(
            model.version,
            model.space,
            model.max_batch_size,
            sample_rate_hz=rate_hz,
            seconds_max=float(model.parameters["seconds_max"]),
        )

    async def encode(self, inputs: Sequence[Waveform]) -> Floats:
        """Encode sounds, those of one padded length in one call, the calls side by side."""
        groups: dict[int, list[int]] = {}
        for at, wave in enumerate(inputs):
            groups.setdefault(-(-wave.size // self._pad_samples) * self._pad_samples, []).append(at)
        calls = [self._of_length(length, [inputs[at] for at in own]) for length, own in groups.items()]
        vectors = np.concatenate(await side_by_side(calls))
        order = np.argsort([at for own in groups.values() for at in own])
        return np.asarray(vectors[order])

    async def _of_length(self, length: int, waves: Sequence[Waveform]) -> Floats:
        padded = np.zeros((len(waves), length), np.float32)
        for row, wave in zip(padded, waves, strict=True):
            row[: wave.size] = wave
        samples = np.array([[wave.size] for wave in waves], np.int32)
        return await self._infer(len(waves), {"WAVEFORM": padded, "SAMPLES": samples})
