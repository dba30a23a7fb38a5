"""A stand-in for the module that only exists inside Triton."""

import sys
import types
from dataclasses import dataclass, field

import numpy as np


class TritonError(Exception):
    INVALID_ARG, CANCELLED = 1, 2

    def __init__(self, message, code):
        super().__init__(message)
        self.code = code


@dataclass
class Tensor:
    name: str
    array: np.ndarray

    def as_numpy(self):
        return self.array


@dataclass
class InferenceResponse:
    output_tensors: list = field(default_factory=list)
    error: TritonError | None = None


@dataclass
class Request:
    inputs: dict
    cancelled: bool = False

    def is_cancelled(self):
        return self.cancelled


def stand_in(monkeypatch):
    """Let models find it under the name of the real one."""
    module = types.ModuleType("triton_python_backend_utils")
    module.TritonError, module.Tensor, module.InferenceResponse = TritonError, Tensor, InferenceResponse
    module.get_input_tensor_by_name = lambda request, name: Tensor(name, request.inputs[name])
    monkeypatch.setitem(sys.modules, module.__name__, module)
