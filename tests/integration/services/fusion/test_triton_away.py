"""A Triton that dies, hangs and comes back, seen through the service: the real adapter on a real wire."""

import asyncio
import time

import grpc
import numpy as np
import pytest
from grpc_health.v1.health_pb2 import HealthCheckResponse
from grpc_status import rpc_status

from services.fusion.adapters.triton import TritonFusionModel
from services.fusion.main import room_of
from triptych.internal.v1.fusion_service_pb2 import FuseRequest, FusionGroup, WeightedVector
from triptych.internal.v1.fusion_service_pb2_grpc import FusionServiceStub
from triptych.runtime.errors import from_status
from triptych.runtime.triton import open_triton
from triptych.v1.types_pb2 import Vector
from triptych.vocabulary.choices import FusionStrategy


@pytest.fixture
async def channel(serve, wire_triton):
    async with (
        open_triton(f"127.0.0.1:{wire_triton.port}") as client,
        serve(room_of(TritonFusionModel(client, "fusion"))) as channel,
    ):
        yield channel


@pytest.fixture
def fusion(channel):
    return FusionServiceStub(channel)


def fuse_request(strategy, groups=1) -> FuseRequest:
    data = np.arange(1, 9, dtype="<f4").tobytes()
    part = WeightedVector(
        vector=Vector(data=data, dimension=8, space="in-memory-1/text"), weight=1, modality=1
    )
    return FuseRequest(strategy=strategy, groups=[FusionGroup(vectors=[part])] * groups)


LEARNED = fuse_request(FusionStrategy.LEARNED)
WEIGHTED_SUM = fuse_request(FusionStrategy.WEIGHTED_SUM)


async def test_batches(fusion, wire_triton):
    """Many groups go in as few requests as the model's batch size allows."""
    response = await fusion.Fuse(fuse_request(FusionStrategy.BILINEAR, groups=10))

    assert 10 == len(response.groups)
    assert [2, 4, 4] == sorted(wire_triton.rows_seen)


async def test_away_and_back(channel, fusion, wire_triton, wait_until_ready):
    """Without Triton: UNAVAILABLE and not ready, but the weighted sum goes on. With it again: as before."""
    before = await fusion.Fuse(LEARNED)
    await wire_triton.stop()

    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await fusion.Fuse(LEARNED, timeout=2)
    assert grpc.StatusCode.UNAVAILABLE is raised.value.code()
    error = from_status(rpc_status.from_call(raised.value))
    assert {"dependency": "triton"} == error.metadata
    assert "vector" == (await fusion.Fuse(WEIGHTED_SUM)).groups[0].WhichOneof("outcome")
    async with asyncio.timeout(10):
        await wait_until_ready(channel, wanted=HealthCheckResponse.NOT_SERVING)

    await wire_triton.start()
    async with asyncio.timeout(10):
        await wait_until_ready(channel)
    assert before == await fusion.Fuse(LEARNED)


async def test_hanging(fusion, wire_triton):
    """A Triton that does not answer costs the caller no more than his deadline."""
    wire_triton.answering.clear()
    started = time.perf_counter()

    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await fusion.Fuse(LEARNED, timeout=0.3)

    assert grpc.StatusCode.DEADLINE_EXCEEDED is raised.value.code()
    assert time.perf_counter() - started < 1
    async with asyncio.timeout(2):
        await wire_triton.cancelled.wait()


async def test_cancelled(fusion, wire_triton):
    """A caller who gives up stops the work in Triton too."""
    wire_triton.answering.clear()
    call = fusion.Fuse(LEARNED)
    waiting = asyncio.ensure_future(call)
    async with asyncio.timeout(2):
        await wire_triton.entered.wait()

    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(2):
        await wire_triton.cancelled.wait()
