"""The fusion model in Triton: groups become rows of padded tensors, many rows to a request."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc.aio import InferenceServerClient

from services.fusion.core.parts import Parts
from services.fusion.core.ports import FusionFacts
from services.fusion.metrics import BATCH_ROWS, MODEL_SECONDS
from triptych.runtime.triton import ModelFacts, infer, model_facts
from triptych.vocabulary.choices import FusionStrategy
from triptych.vocabulary.concurrency import side_by_side
from triptych.vocabulary.errors import Unavailable
from triptych.vocabulary.vectors import Floats


class TritonFusionModel:
    """Runs the model *name* of the Triton behind *client*.

    Inputs, rows first: VECTORS FP32 (slots, dimension), WEIGHTS FP32 (slots,) with 0 for an empty slot,
    MODALITIES INT32 (slots,), STRATEGY INT32 (1,). Output: VECTOR FP32 (dimension,), length 1.
    """

    def __init__(self, client: InferenceServerClient, name: str) -> None:
        self._client = client
        self._name = name
        self._model: ModelFacts | None = None

    async def facts(self) -> FusionFacts:
        """Read the model's configuration."""
        self._model = await model_facts(self._client, self._name)
        return FusionFacts(self._model.space, self._model.version, slots_of(self._model))

    async def fuse(self, strategy: FusionStrategy, groups: Sequence[Parts]) -> Floats:
        """Fuse all groups in as few requests as the model's batch size allows, side by side."""
        if self._model is None:
            raise Unavailable.because_of("triton")
        size, slots = self._model.max_batch_size, slots_of(self._model)
        batches = [groups[start : start + size] for start in range(0, len(groups), size)]
        return np.concatenate(await side_by_side([self._infer(strategy, batch, slots) for batch in batches]))

    async def _infer(self, strategy: FusionStrategy, batch: Sequence[Parts], slots: int) -> Floats:
        BATCH_ROWS.observe(len(batch))
        with MODEL_SECONDS.time():
            return await infer(self._client, self._name, tensors(strategy, batch, slots), "VECTOR")


def slots_of(model: ModelFacts) -> int:
    """Return how many parts a row has room for."""
    return model.input_dims["WEIGHTS"][0]


def tensors(strategy: FusionStrategy, batch: Sequence[Parts], slots: int) -> dict[str, NDArray[Any]]:
    """Return the model's inputs for *batch*, rows first; slots that a group leaves empty have weight 0."""
    rows, dimension = len(batch), len(batch[0][0].values)
    vectors = np.zeros((rows, slots, dimension), np.float32)
    weights = np.zeros((rows, slots), np.float32)
    modalities = np.zeros((rows, slots), np.int32)
    for row, parts in enumerate(batch):
        count = len(parts)
        vectors[row, :count] = [part.values for part in parts]
        weights[row, :count] = [part.share for part in parts]
        # The model counts modalities from 0: text, image, audio, product.
        modalities[row, :count] = [part.modality - 1 for part in parts]
    strategies = np.full((rows, 1), strategy, np.int32)
    return {"VECTORS": vectors, "WEIGHTS": weights, "MODALITIES": modalities, "STRATEGY": strategies}
