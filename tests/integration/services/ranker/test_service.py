"""RankerService over a real server."""

import grpc
import numpy as np
import pytest
from grpc_status import rpc_status

from services.ranker.core.networks import NoRankingModel
from services.ranker.main import room_of
from services.ranker.settings import RankerSettings
from triptych.internal.v1.ranker_service_pb2 import Candidate, ListStrategiesRequest, RankRequest
from triptych.internal.v1.ranker_service_pb2_grpc import RankerServiceStub
from triptych.runtime.channels import open_channel
from triptych.runtime.errors import from_status
from triptych.runtime.serve import serving
from triptych.v1.types_pb2 import (
    RANKING_STRATEGY_DIVERSE,
    RANKING_STRATEGY_LEARNED,
    RANKING_STRATEGY_SIMILARITY,
    Vector,
)


@pytest.fixture(scope="module")
async def ranker():
    settings = RankerSettings(port=0, metrics_port=0, drain_ms=0)
    async with (
        serving(room_of(NoRankingModel()), settings) as running,
        open_channel(running.address) as channel,
    ):
        yield RankerServiceStub(channel)


def candidate(name, score, *values) -> Candidate:
    data = np.array(values, "<f4").tobytes()
    vector = Vector(data=data, dimension=len(values), space="demo-1/fused") if values else None
    return Candidate(id=name, score=score, vector=vector)


BEST, TWIN, OTHER = candidate("best", 0.9, 1, 0), candidate("twin", 0.89, 1, 0), candidate("other", 0.7, 0, 1)


async def refused(ranker, request):
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await ranker.Rank(request)
    error = from_status(rpc_status.from_call(raised.value))
    return raised.value.code(), error.reason, error.field


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [(RANKING_STRATEGY_SIMILARITY, [1, 2, 0]), (RANKING_STRATEGY_DIVERSE, [1, 0, 2])],
)
async def test_rank(ranker, strategy, expected):
    """Each strategy gives its order, as places in the request; a limit above the number keeps all."""
    request = RankRequest(strategy=strategy, candidates=[OTHER, BEST, TWIN], limit=1000)

    response = await ranker.Rank(request)

    assert expected == [each.index for each in response.ranked]


async def test_boost(ranker):
    """A boost lifts a candidate among the best; one that is out of bounds is refused by name."""
    lifted = Candidate(id="lifted", score=0.5, boost=0.5)
    request = RankRequest(strategy=RANKING_STRATEGY_SIMILARITY, candidates=[BEST, lifted], limit=1)

    response = await ranker.Rank(request)

    assert [(1, 1.0)] == [(each.index, each.score) for each in response.ranked]
    lifted.boost = 1.5
    request.candidates[1].CopyFrom(lifted)
    expected = (grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID", "candidates[1].boost")
    assert expected == await refused(ranker, request)


async def test_lambda(ranker):
    """λ that is set counts: 1 gives the order of similarity."""
    request = RankRequest(
        strategy=RANKING_STRATEGY_DIVERSE, candidates=[OTHER, BEST, TWIN], limit=2, diversity_lambda=1
    )

    response = await ranker.Rank(request)

    assert [(1, 0.9), (2, 0.89)] == [(each.index, each.score) for each in response.ranked]


async def test_nothing(ranker):
    """No candidates, no order, no error."""
    response = await ranker.Rank(RankRequest(strategy=RANKING_STRATEGY_DIVERSE, limit=5))

    assert [] == list(response.ranked)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"strategy": 0}, "FIELD_INVALID", "strategy"),
        ({"strategy": 99}, "FIELD_INVALID", "strategy"),
        ({"limit": 0}, "FIELD_INVALID", "limit"),
        ({"limit": 1001}, "FIELD_INVALID", "limit"),
        ({"diversity_lambda": 1.5}, "FIELD_INVALID", "diversity_lambda"),
        ({"candidates": [BEST, BEST]}, "DUPLICATE_ID", "candidates[1].id"),
        ({"candidates": [BEST, candidate("x", 0.5)]}, "VECTORS_MISSING", "candidates[1].vector"),
        ({"candidates": [candidate("x", float("nan"), 1)]}, "FIELD_INVALID", "candidates[0].score"),
        ({"candidates": [candidate("x", 0.5, 0, 0)]}, "VECTOR_INVALID", "candidates[0].vector.data"),
        (
            {"candidates": [BEST, candidate("x", 0.5, 1, 2, 3)]},
            "DIMENSION_MISMATCH",
            "candidates[1].vector.dimension",
        ),
    ],
)
async def test_refused(ranker, change, reason, field):
    """A broken request gets INVALID_ARGUMENT, a reason and the field's name."""
    sound = {"strategy": RANKING_STRATEGY_DIVERSE, "candidates": [BEST], "limit": 5}

    answer = await refused(ranker, RankRequest(**{**sound, **change}))

    assert (grpc.StatusCode.INVALID_ARGUMENT, reason, field) == answer


@pytest.mark.parametrize("candidates", [[], [BEST]])
async def test_no_network(ranker, candidates):
    """Without a network the learned strategies are refused, whatever the candidates; the others are offered."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await ranker.Rank(RankRequest(strategy=RANKING_STRATEGY_LEARNED, candidates=candidates, limit=5))
    error = from_status(rpc_status.from_call(raised.value))
    offer = await ranker.ListStrategies(ListStrategiesRequest())

    assert grpc.StatusCode.FAILED_PRECONDITION is raised.value.code()
    assert ("MODEL_NOT_SERVED", "strategy") == (error.reason, error.field)
    assert [RANKING_STRATEGY_SIMILARITY, RANKING_STRATEGY_DIVERSE] == list(offer.strategies)
    assert [] == list(offer.features)
