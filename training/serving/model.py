"""The base of a pack's Triton models that run networks (Python backend): batching, per-request errors, precision.

A request is checked on its own, so that a broken one is answered with its error while the others of the same
batch are computed together.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import triton_python_backend_utils as backend
from numpy.typing import NDArray
from torch import Tensor, nn

from training.networks.blocks import unit

Arrays = tuple[NDArray[Any], ...]
Outputs = Mapping[str, NDArray[Any]]
OUTPUT = "VECTOR"


class PackModel:
    """Subclasses say how to load the network, what is wrong with a request, and how to run a batch."""

    inputs: Sequence[str] = ()
    network: nn.Module

    def load(self, folder: Path) -> nn.Module:
        """Return the network with its weights; *folder* holds the model's files."""
        raise NotImplementedError

    def check(self, arrays: Arrays) -> None:
        """Raise ValueError, saying what is wrong, when the inputs [n, ...] of one request cannot be used."""

    def vectors(self, arrays: Arrays) -> Tensor:
        """Return unit vectors [N, D] of the inputs of several requests, one after the other."""
        raise NotImplementedError

    def answers(self, arrays: Arrays) -> Outputs:
        """Return the outputs by name, rows first, for the inputs of several requests, one after the other."""
        # Half precision leaves lengths of 0.999: what is said to be of length 1 is.
        return {OUTPUT: unit(self.vectors(arrays).float()).cpu().numpy()}

    def initialize(self, args: dict[str, str]) -> None:
        """Load the weights: half precision on a GPU, float32 on one thread of a CPU."""
        on_gpu = args["model_instance_kind"] == "GPU"
        self.device = torch.device(f"cuda:{args['model_instance_device_id']}" if on_gpu else "cpu")
        self.precision = torch.float16 if on_gpu else torch.float32
        # One thread each: four models share the machine, and threads that wait for one another cost more.
        torch.set_num_threads(1)
        folder = Path(args["model_repository"]) / args["model_version"]
        self.network = self.load(folder).to(self.device, self.precision).eval()

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """Answer every request, in order, with its outputs or with its own error."""
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
        for at, outputs in self._run(arrays).items():
            answers[at] = _answer(outputs)
        return answers

    def _read(self, request: Any) -> Arrays:
        arrays = tuple(backend.get_input_tensor_by_name(request, name).as_numpy() for name in self.inputs)
        self.check(arrays)
        return arrays

    @torch.inference_mode()
    def _run(self, arrays: dict[int, Arrays]) -> dict[int, Outputs]:
        if not arrays:
            return {}
        joined = tuple(np.concatenate(column) for column in zip(*arrays.values(), strict=True))
        outputs = self.answers(joined)
        ends = np.cumsum([len(one[0]) for one in arrays.values()])[:-1]
        parts = {name: np.split(output, ends) for name, output in outputs.items()}
        return {at: {name: part[row] for name, part in parts.items()} for row, at in enumerate(arrays)}

    def tensor(self, array: NDArray[Any]) -> Tensor:
        """Put one input onto the model's device."""
        return torch.from_numpy(array).to(self.device)


def _answer(outputs: Outputs) -> Any:
    return backend.InferenceResponse(
        [backend.Tensor(name, np.ascontiguousarray(output)) for name, output in outputs.items()]
    )


def _error(message: str, code: int) -> Any:
    return backend.InferenceResponse(error=backend.TritonError(message, code))
