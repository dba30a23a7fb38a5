"""Triton: features of candidates to scores. A network this small is faster in numpy than torch is to import."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as backend
from numpy.typing import NDArray
from safetensors.numpy import load_file

from training.ranking.arrays import Floats, score

# The numbers of the public API's RankingStrategy; the loss that each network has learned from.
NETWORKS = {3: "ranknet", 4: "listnet", 5: "lambdarank"}


class TritonPythonModel:
    """FEATURES [n, F] float32, NaN for unknown, STRATEGY [n, 1] int32 -> SCORE [n, 1] float32, larger is better."""

    states: Mapping[int, Mapping[str, Floats]]

    def initialize(self, args: dict[str, str]) -> None:
        """Read the networks; a pack may have only some of them."""
        folder = Path(args["model_repository"]) / args["model_version"]
        arrays = load_file(folder / "model.safetensors")
        states = {number: _state(arrays, name) for number, name in NETWORKS.items()}
        self.states = {number: state for number, state in states.items() if state}

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """Answer every request, in order, with its scores or with its own error."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        if request.is_cancelled():
            return _error("the request was cancelled", backend.TritonError.CANCELLED)
        try:
            scores = self._scores(_array(request, "FEATURES"), _array(request, "STRATEGY")[:, 0])
        except ValueError as problem:
            return _error(str(problem), backend.TritonError.INVALID_ARG)
        return backend.InferenceResponse([backend.Tensor("SCORE", scores)])

    def _scores(self, rows: Floats, strategies: NDArray[np.int32]) -> Floats:
        """Score each row with the network that it asks for."""
        if np.isinf(rows).any():
            raise ValueError("FEATURES must not be infinite; not a number stands for unknown")
        if not np.isin(strategies, list(self.states)).all():
            raise ValueError(f"STRATEGY must be one of {sorted(self.states)}")
        scores = np.empty((len(rows), 1), np.float32)
        for strategy in np.unique(strategies):
            asked = strategies == strategy
            scores[asked, 0] = score(self.states[int(strategy)], rows[asked])
        return scores


def _state(arrays: Mapping[str, Floats], loss: str) -> dict[str, Floats]:
    prefix = f"{loss}."
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _array(request: Any, name: str) -> NDArray[Any]:
    array: NDArray[Any] = backend.get_input_tensor_by_name(request, name).as_numpy()
    return array


def _error(message: str, code: int) -> Any:
    return backend.InferenceResponse(error=backend.TritonError(message, code))
