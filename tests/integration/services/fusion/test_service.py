"""FusionService over a real server, with the tiny model inside."""

import grpc
import numpy as np
import pytest
from grpc_status import rpc_status

from services.fusion.adapters.in_memory import InMemoryFusionModel
from services.fusion.main import room_of
from services.fusion.metrics import GROUPS
from triptych.internal.v1.fusion_service_pb2 import FuseRequest, FusionGroup, WeightedVector
from triptych.internal.v1.fusion_service_pb2_grpc import FusionServiceStub
from triptych.runtime.errors import from_status
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import FusionStrategy
from triptych.vocabulary.errors import Reason

SPACE = "in-memory-1/fused"


@pytest.fixture(scope="module")
async def fusion(serve):
    async with serve(room_of(InMemoryFusionModel())) as channel:
        yield FusionServiceStub(channel)


def part(
    seed=0, *, values=None, dimension=8, space="in-memory-1/text", weight=1.0, modality=1
) -> WeightedVector:
    values = np.random.default_rng(seed).normal(size=8) if values is None else np.array(values)
    vector = types_pb2.Vector(data=values.astype("<f4").tobytes(), dimension=dimension, space=space)
    return WeightedVector(vector=vector, weight=weight, modality=modality)


def group(*parts) -> FusionGroup:
    return FusionGroup(vectors=parts)


@pytest.mark.parametrize("strategy", FusionStrategy)
async def test_fuse(fusion, strategy):
    """Each group becomes a vector of length 1 in the fused space; a model is named where one took part."""
    request = FuseRequest(
        strategy=strategy, groups=[group(part(1)), group(part(1), part(2, weight=-0.5, modality=2))]
    )

    response = await fusion.Fuse(request)

    assert 2 == len(response.groups)
    for each in response.groups:
        assert (8, SPACE) == (each.vector.dimension, each.vector.space)
        np.testing.assert_allclose(np.linalg.norm(np.frombuffer(each.vector.data, "<f4")), 1, rtol=1e-6)
    assert (SPACE, 8, types_pb2.SIMILARITY_METRIC_COSINE, True) == (
        response.space.id,
        response.space.dimension,
        response.space.metric,
        response.space.unit_length,
    )
    expected = [] if strategy is FusionStrategy.WEIGHTED_SUM else ["fusion"]
    assert expected == [model.name for model in response.models]


async def test_default_strategy(fusion):
    """Without a strategy, LEARNED is taken."""
    groups = [group(part(1), part(2))]

    default = await fusion.Fuse(FuseRequest(groups=groups))
    learned = await fusion.Fuse(FuseRequest(strategy=types_pb2.FUSION_STRATEGY_LEARNED, groups=groups))
    summed = await fusion.Fuse(FuseRequest(strategy=types_pb2.FUSION_STRATEGY_WEIGHTED_SUM, groups=groups))

    assert learned == default
    assert summed.groups != default.groups


@pytest.mark.parametrize(
    ("bad", "reason", "field"),
    [
        (group(), Reason.FIELD_INVALID, "vectors"),
        (group(*[part(1)] * 17), Reason.FIELD_INVALID, "vectors"),
        (group(part(1), part(2, weight=0)), Reason.FIELD_INVALID, "vectors[1].weight"),
        (group(part(1, weight=float("nan"))), Reason.FIELD_INVALID, "vectors[0].weight"),
        (group(part(1, modality=0)), Reason.FIELD_INVALID, "vectors[0].modality"),
        (group(WeightedVector(weight=1, modality=1)), Reason.FIELD_INVALID, "vectors[0].vector"),
        (group(part(1), part(2, space="other-1/text")), Reason.SPACE_MISMATCH, "vectors[1].vector.space"),
        (group(part(values=[1, 2], dimension=2)), Reason.DIMENSION_MISMATCH, "vectors[0].vector.dimension"),
        (group(part(values=[1, 2])), Reason.DIMENSION_MISMATCH, "vectors[0].vector.data"),
        (group(part(values=[np.nan] * 8)), Reason.VECTOR_INVALID, "vectors[0].vector.data"),
        (group(part(1, weight=-1)), Reason.NO_POSITIVE_PART, "vectors"),
        (group(part(1), part(1, weight=-1)), Reason.PARTS_CANCEL, "vectors"),
    ],
)
@pytest.mark.parametrize("strategy", [FusionStrategy.WEIGHTED_SUM, FusionStrategy.LEARNED])
async def test_one_bad_group(fusion, strategy, bad, reason, field):
    """A group that cannot be fused says why; the others are fused, in their places."""
    response = await fusion.Fuse(FuseRequest(strategy=strategy, groups=[group(part(1)), bad, group(part(2))]))

    assert ["vector", "error", "vector"] == [each.WhichOneof("outcome") for each in response.groups]
    error = from_status(response.groups[1].error)
    assert (grpc.StatusCode.INVALID_ARGUMENT.value[0], reason, field) == (
        response.groups[1].error.code,
        error.reason,
        error.field,
    )


@pytest.mark.parametrize(
    ("request_", "field"),
    [(FuseRequest(), "groups"), (FuseRequest(strategy=99, groups=[group(part(1))]), "strategy")],
)
async def test_refused(fusion, request_, field):
    """A request that is broken as a whole is refused as a whole."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await fusion.Fuse(request_)

    assert grpc.StatusCode.INVALID_ARGUMENT is raised.value.code()
    assert field == from_status(rpc_status.from_call(raised.value)).field


async def test_metric(fusion):
    """Groups are counted by what became of them."""
    fused = GROUPS.labels("BILINEAR", "OK")._value
    refused = GROUPS.labels("BILINEAR", "NO_POSITIVE_PART")._value
    before = fused.get(), refused.get()

    await fusion.Fuse(
        FuseRequest(strategy=FusionStrategy.BILINEAR, groups=[group(part(1)), group(part(1, weight=-1))])
    )

    assert (before[0] + 1, before[1] + 1) == (fused.get(), refused.get())
