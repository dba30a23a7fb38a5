"""The ranking networks in Triton: candidates become rows, many rows to a request."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc.aio import InferenceServerClient

from services.ranker.core.ports import RankingFacts
from services.ranker.metrics import BATCH_ROWS, MODEL_SECONDS
from triptych.runtime.triton import ModelFacts, infer, served_facts
from triptych.vocabulary.choices import RankingStrategy
from triptych.vocabulary.concurrency import side_by_side
from triptych.vocabulary.vectors import Floats, ModelVersion


class TritonRankingModel:
    """Runs the model *name* of the Triton behind *client*.

    Inputs, rows first: FEATURES FP32 (features,) with NaN for what is unknown, STRATEGY INT32 (1,).
    Output: SCORE FP32 (1,). Its configuration names "features" in their order, and "strategies" ("ranknet=3,…").
    """

    def __init__(self, client: InferenceServerClient, name: str) -> None:
        self._client = client
        self._name = name
        self._rows_max = 1

    async def facts(self) -> RankingFacts | None:
        """Read the model's configuration; None when Triton is ready and has no such model."""
        model = await served_facts(self._client, self._name)
        if model is None:
            return None
        self._rows_max = model.max_batch_size
        return facts_of(model)

    async def score(self, strategy: RankingStrategy, rows: Floats) -> Floats:
        """Score all rows in as few requests as the model's batch size allows, side by side."""
        starts = range(0, len(rows), self._rows_max)
        batches = [rows[start : start + self._rows_max] for start in starts]
        return np.concatenate(await side_by_side([self._infer(strategy, batch) for batch in batches]))

    async def _infer(self, strategy: RankingStrategy, rows: Floats) -> Floats:
        BATCH_ROWS.observe(len(rows))
        with MODEL_SECONDS.time():
            scores = await infer(self._client, self._name, tensors(strategy, rows), "SCORE")
        return np.asarray(scores[:, 0], np.float32)


def facts_of(model: ModelFacts) -> RankingFacts:
    """Return the facts that stand in the parameters of the model's configuration."""
    numbers = (entry.partition("=")[2] for entry in model.parameters["strategies"].split(","))
    return RankingFacts(
        # A score belongs to no space.
        version=ModelVersion(model.name, model.parameters["version"], space=""),
        features=tuple(model.parameters["features"].split(",")),
        strategies=frozenset(RankingStrategy(int(number)) for number in numbers),
    )


def tensors(strategy: RankingStrategy, rows: Floats) -> dict[str, NDArray[Any]]:
    """Return the model's inputs for *rows* (n, features)."""
    return {"FEATURES": rows, "STRATEGY": np.full((len(rows), 1), strategy, np.int32)}
