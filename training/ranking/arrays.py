"""A trained ranking network in numpy: what is served, without torch, which takes seconds and memory to import.

The same numbers as `training.ranking.network`, up to rounding; the names of the arrays are those of its state.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def score(state: Mapping[str, Floats], rows: Floats) -> Floats:
    """Return scores (N,) of raw features (N, F), NaN for unknown; larger is better."""
    layers = sum(name.startswith("weights.") for name in state)
    inputs = flowing = inputs_of(state, rows)
    for layer in range(layers):
        if layer:
            flowing = np.maximum(flowing, 0)
        flowing = flowing @ state[f"weights.{layer}"] + state[f"biases.{layer}"]
    return np.asarray(flowing[..., 0].mean(0) + inputs @ state["prior"], np.float32)


def inputs_of(state: Mapping[str, Floats], rows: Floats) -> Floats:
    """Return the network's inputs (N, 2F); see `training.ranking.scaling`."""
    numbers = {name.removeprefix("scaling."): value for name, value in state.items()}
    unknown = np.isnan(rows)
    squashed = np.arcsinh((rows - numbers["median"]) / numbers["spread"])
    values = np.where(unknown, 0, (squashed - numbers["mean"]) * numbers["scale"])
    marks = (unknown - numbers["unknown_mean"]) * numbers["unknown_scale"]
    limit = numbers["limit"]
    inputs: Floats = np.concatenate([values, marks], axis=1).clip(-limit, limit).astype(np.float32)
    return inputs
