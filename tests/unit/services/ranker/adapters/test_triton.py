"""The ranking model in Triton: its facts, its absence, and how candidates are spread over requests."""

from types import SimpleNamespace

import numpy as np
import pytest
from tritonclient.utils import InferenceServerException

from services.ranker.adapters.triton import TritonRankingModel, tensors
from triptych.vocabulary.choices import RankingStrategy
from triptych.vocabulary.errors import Unavailable
from triptych.vocabulary.vectors import ModelVersion

PARAMETERS = {"version": "1", "features": "similarity_text,log_price", "strategies": "ranknet=3,learned=5"}


class FakeTriton:
    """Speaks as tritonclient's aio client does; its model scores by the first feature."""

    def __init__(self, *, model_ready=True, pack=("ranker",), batch_max=4):
        self.model_ready, self.pack, self.batch_max = model_ready, pack, batch_max
        self.rows_seen = []

    async def is_model_ready(self, name, client_timeout):
        return self.model_ready

    async def get_model_repository_index(self, client_timeout):
        if self.pack is None:
            raise InferenceServerException("connection refused", status="StatusCode.UNAVAILABLE")
        return SimpleNamespace(models=[SimpleNamespace(name=name) for name in self.pack])

    async def get_model_config(self, name, client_timeout):
        config = SimpleNamespace(
            parameters={key: SimpleNamespace(string_value=value) for key, value in PARAMETERS.items()},
            max_batch_size=self.batch_max,
            input=[SimpleNamespace(name="FEATURES", dims=[2])],
        )
        return SimpleNamespace(config=config)

    async def infer(self, model, inputs, client_timeout, headers=None):
        rows = inputs[0].shape()[0]
        self.rows_seen.append(rows)
        features = np.frombuffer(inputs[0]._get_content(), "<f4").reshape(rows, 2)
        return SimpleNamespace(as_numpy={"SCORE": features[:, :1]}.get)


def test_tensors():
    """Each candidate is a row with its features and the strategy."""
    inputs = tensors(RankingStrategy.LISTNET, np.zeros((3, 2), np.float32))

    assert {"FEATURES": ((3, 2), "float32"), "STRATEGY": ((3, 1), "int32")} == {
        name: (array.shape, str(array.dtype)) for name, array in inputs.items()
    }
    assert [[4], [4], [4]] == inputs["STRATEGY"].tolist()


async def test_facts():
    """Features, strategies and version come from the model's configuration; a score has no space."""
    facts = await TritonRankingModel(FakeTriton(), "ranker").facts()

    assert ModelVersion("ranker", "1", "") == facts.version
    assert ("similarity_text", "log_price") == facts.features
    assert {RankingStrategy.RANKNET, RankingStrategy.LEARNED} == facts.strategies


async def test_a_pack_without_a_ranker():
    """A Triton whose pack has other models serves no ranking network."""
    client = FakeTriton(model_ready=False, pack=("text_encoder",))

    assert await TritonRankingModel(client, "ranker").facts() is None


@pytest.mark.parametrize("pack", [("ranker",), (), None], ids=["loading", "starting", "away"])
async def test_triton_not_ready(pack):
    """While Triton loads or is away nothing is known of the pack."""
    client = FakeTriton(model_ready=False, pack=pack)

    with pytest.raises(Unavailable):
        await TritonRankingModel(client, "ranker").facts()


async def test_batches():
    """More candidates than the model's batch size go in several requests, and come back in their order."""
    client = FakeTriton(batch_max=4)
    model = TritonRankingModel(client, "ranker")
    await model.facts()
    rows = np.arange(20, dtype=np.float32).reshape(10, 2)

    scores = await model.score(RankingStrategy.LEARNED, rows)

    assert [4, 4, 2] == client.rows_seen
    assert [0, 2, 4, 6, 8, 10, 12, 14, 16, 18] == scores.tolist()
