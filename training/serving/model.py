"""The base of a pack's Triton models (Python backend): batching, per-request errors, device and precision.

A request is checked on its own, so that a broken one is answered with its error while the others of the same
batch are computed together.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import triton_python_backend_utils as backend
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn

Arrays = tuple[NDArray[Any], ...]
OUTPUT = "VECTOR"


class PackModel:
    """Subclasses say how to build the network, what is wrong with a request, and how to run a batch."""

    inputs: Sequence[str] = ()

    def build(self, folder: Path) -> nn.Module:
        """Return the network without its weights; *folder* holds the model's other files."""
        raise NotImplementedError

    def check(self, arrays: Arrays) -> None:
        """Raise ValueError, saying what is wrong, when the inputs [n, ...] of one request cannot be used."""

    def vectors(self, arrays: Arrays) -> Tensor:
        """Return unit vectors [N, 256] of the inputs of several requests, one after the other."""
        raise NotImplementedError

    def initialize(self, args: dict[str, str]) -> None:
        """Load the weights: half precision on a GPU, float32 on one thread of a CPU."""
        on_gpu = args["model_instance_kind"] == "GPU"
        self.device = torch.device(f"cuda:{args['model_instance_device_id']}" if on_gpu else "cpu")
        self.precision = torch.float16 if on_gpu else torch.float32
        # One thread each: four models share the machine, and threads that wait for one another cost more.
        torch.set_num_threads(1)
        folder = Path(args["model_repository"]) / args["model_version"]
        self.network = self.build(folder)
        self.network.load_state_dict(load_file(folder / "model.safetensors"))
        self.network.to(self.device, self.precision).eval()

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """Answer every request, in order, with vectors or with its own error."""
        arrays: dict[int, Arrays] = {}
        answers: list[Any] = [None] * len(requests)
        for at, request in enumerate(requests):
            if request.is_cancelled():
                answers[at] = _error("the request was cancelled", backend.TritonError.CANCELLED)
                continue
            try:
                arrays[at] = self._read(request)
            except ValueError as problem:
                answers[at] = _error(str(problem), backend.TritonError.INVALID_ARG)
        for at, vectors in self._run(arrays).items():
            answers[at] = _answer(vectors)
        return answers

    def _read(self, request: Any) -> Arrays:
        arrays = tuple(backend.get_input_tensor_by_name(request, name).as_numpy() for name in self.inputs)
        self.check(arrays)
        return arrays

    @torch.inference_mode()
    def _run(self, arrays: dict[int, Arrays]) -> dict[int, NDArray[np.float32]]:
        if not arrays:
            return {}
        joined = tuple(np.concatenate(column) for column in zip(*arrays.values(), strict=True))
        vectors = self.vectors(joined).float().cpu().numpy()
        ends = np.cumsum([len(one[0]) for one in arrays.values()])
        return dict(zip(arrays, np.split(vectors, ends[:-1]), strict=True))

    def tensor(self, array: NDArray[Any]) -> Tensor:
        """Put one input onto the model's device."""
        return torch.from_numpy(array).to(self.device)


def _answer(vectors: NDArray[np.float32]) -> Any:
    return backend.InferenceResponse([backend.Tensor(OUTPUT, np.ascontiguousarray(vectors))])


def _error(message: str, code: int) -> Any:
    return backend.InferenceResponse(error=backend.TritonError(message, code))
