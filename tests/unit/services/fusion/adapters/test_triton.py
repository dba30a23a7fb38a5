"""The tensors that groups become, and how they are spread over requests."""

from types import SimpleNamespace

import numpy as np
import pytest

from services.fusion.adapters.triton import TritonFusionModel, tensors
from services.fusion.core.parts import Part
from triptych.vocabulary.choices import FusionStrategy, Modality
from triptych.vocabulary.errors import Unavailable

PARAMETERS = {"version": "1", "space": "demo-1/fused", "dimension": "2", "unit_length": "true"}


def part(x: float, y: float, share: float = 1.0, modality: Modality = Modality.TEXT) -> Part:
    return Part(np.array([x, y], np.float32), share, modality)


class FakeTriton:
    """Speaks as tritonclient's aio client does; its model returns the first part of each row."""

    def __init__(self, batch_max: int) -> None:
        self.batch_max = batch_max
        self.rows_seen: list[int] = []

    async def is_model_ready(self, name, client_timeout):
        return True

    async def get_model_config(self, name, client_timeout):
        config = SimpleNamespace(
            parameters={key: SimpleNamespace(string_value=value) for key, value in PARAMETERS.items()},
            max_batch_size=self.batch_max,
            input=[SimpleNamespace(name="VECTORS", dims=[4, 2]), SimpleNamespace(name="WEIGHTS", dims=[4])],
        )
        return SimpleNamespace(config=config)

    async def infer(self, model, inputs, client_timeout, headers=None):
        rows = inputs[0].shape()[0]
        self.rows_seen.append(rows)
        vectors = np.frombuffer(inputs[0]._get_content(), "<f4").reshape(rows, 4, 2)
        return SimpleNamespace(as_numpy={"VECTOR": vectors[:, 0]}.get)


def test_tensors():
    """Parts fill the first slots of their row; modalities are counted from 0; empty slots have weight 0."""
    batch = [(part(1, 0, 0.75, Modality.PRODUCT), part(0, 1, -0.25, Modality.IMAGE)), (part(0, 1),)]

    inputs = tensors(FusionStrategy.BILINEAR, batch, slots=3)

    assert [[[1, 0], [0, 1], [0, 0]], [[0, 1], [0, 0], [0, 0]]] == inputs["VECTORS"].tolist()
    assert [[0.75, -0.25, 0], [1, 0, 0]] == inputs["WEIGHTS"].tolist()
    assert [[3, 1, 0], [0, 0, 0]] == inputs["MODALITIES"].tolist()
    assert [[3], [3]] == inputs["STRATEGY"].tolist()


def test_dtypes():
    """The model takes float32 and int32."""
    inputs = tensors(FusionStrategy.LEARNED, [(part(1, 0),)], slots=1)

    assert ["float32", "float32", "int32", "int32"] == [str(each.dtype) for each in inputs.values()]


async def test_facts():
    """The facts come from the model's configuration."""
    facts = await TritonFusionModel(FakeTriton(8), "fusion").facts()

    assert ("demo-1/fused", 2, True) == (facts.space.id, facts.space.dimension, facts.space.unit_length)
    assert ("fusion", "1", "demo-1/fused") == (
        facts.version.name,
        facts.version.version,
        facts.version.space,
    )
    assert 4 == facts.parts_max


async def test_batches():
    """More groups than the model's batch size go in several requests, and come back in their order."""
    client = FakeTriton(batch_max=8)
    model = TritonFusionModel(client, "fusion")
    await model.facts()

    fused = await model.fuse(FusionStrategy.LEARNED, [(part(number, 0),) for number in range(20)])

    assert [8, 8, 4] == client.rows_seen
    assert list(range(20)) == fused[:, 0].tolist()


async def test_before_facts():
    """Without the model's facts there is nothing to build a request by."""
    with pytest.raises(Unavailable):
        await TritonFusionModel(FakeTriton(8), "fusion").fuse(FusionStrategy.LEARNED, [(part(1, 0),)])
