"""Triton: speech to words and what they mean.

Stands apart from `training.serving.model`, which brings torch along: a process that listens with PocketSphinx starts
sooner and stays smaller without.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as backend

from training.speech.heard import Heard, Recogniser, Wave
from training.speech.transcriber import load_transcriber


class TritonPythonModel:
    """WAVEFORM [1, S] float32, SAMPLES [1, 1] valid ones -> TEXT [1, 1], CONFIDENCE [1, 1] 0 to 1, SLOTS [1, 1] JSON."""

    recogniser: Recogniser

    def initialize(self, args: dict[str, str]) -> None:
        """Read the transcriber; only Whisper makes use of a GPU."""
        on_gpu = args["model_instance_kind"] == "GPU"
        device = f"cuda:{args['model_instance_device_id']}" if on_gpu else "cpu"
        self.recogniser = load_transcriber(Path(args["model_repository"]) / args["model_version"], device)

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """Answer every request, in order, with what was said or with its own error."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        if request.is_cancelled():
            return _error("the request was cancelled", backend.TritonError.CANCELLED)
        try:
            waves = _waves(request)
        except ValueError as problem:
            return _error(str(problem), backend.TritonError.INVALID_ARG)
        return _response([self.recogniser.hear(wave) for wave in waves])


def _waves(request: Any) -> list[Wave]:
    waveform, samples = (
        backend.get_input_tensor_by_name(request, name).as_numpy() for name in ("WAVEFORM", "SAMPLES")
    )
    if not np.isfinite(waveform).all():
        raise ValueError("WAVEFORM has values that are not finite")
    if samples.min() < 1 or samples.max() > waveform.shape[1]:
        raise ValueError(f"SAMPLES must be 1..{waveform.shape[1]}, the length of WAVEFORM")
    return [row[:count] for row, (count,) in zip(waveform, samples, strict=True)]


def _response(heard: Sequence[Heard]) -> Any:
    columns = {
        "TEXT": np.array([[each.text.encode()] for each in heard], object),
        "CONFIDENCE": np.array([[each.confidence] for each in heard], np.float32),
        "SLOTS": np.array([[json.dumps(dict(each.slots)).encode()] for each in heard], object),
    }
    return backend.InferenceResponse([backend.Tensor(name, values) for name, values in columns.items()])


def _error(message: str, code: int) -> Any:
    return backend.InferenceResponse(error=backend.TritonError(message, code))
