"""Load beyond what a room can do, and rooms that are away for a moment, over the wire."""

import asyncio
import contextlib
from unittest.mock import MagicMock

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from triptych.internal.v1 import ranker_service_pb2 as ranker_pb
from triptych.internal.v1 import ranker_service_pb2_grpc as ranker_grpc
from triptych.internal.v1 import search_service_pb2 as search_pb
from triptych.internal.v1 import search_service_pb2_grpc as search_grpc
from triptych.runtime import serve
from triptych.runtime.channels import call, open_channel
from triptych.runtime.errors import from_status
from triptych.runtime.limit import AdaptiveLimit
from triptych.runtime.retries import READS, retrying
from triptych.runtime.serve import Room, Service, serving
from triptych.runtime.settings import ServerSettings
from triptych.runtime.turnstile import QUEUE_FACTOR, Turnstile, Turnstiles
from triptych.vocabulary.errors import Reason, Unavailable

RANKER, SEARCH = "triptych.internal.v1.RankerService", "triptych.internal.v1.SearchService"
RANK = ranker_pb.RankRequest(strategy=1, limit=1, candidates=[ranker_pb.Candidate(id="a", score=1)])
WRITE = search_pb.WriteProductsRequest(catalog="shop", products=[search_pb.ProductRecord(id="a")])
QUICK = ServerSettings(drain_ms=0, grace_ms=2000)


class Servicer(ranker_grpc.RankerServiceServicer, search_grpc.SearchServiceServicer):
    """Ranks and writes as a test tells it."""

    def __init__(self, behaviour):
        self.behaviour = behaviour
        self.calls = 0

    async def Rank(self, request, context):
        self.calls += 1
        await self.behaviour(self.calls)
        return ranker_pb.RankResponse()

    async def WriteProducts(self, request, context):
        self.calls += 1
        await self.behaviour(self.calls)
        return search_pb.WriteProductsResponse()


@pytest.fixture(autouse=True)
def no_metrics(monkeypatch):
    """Leave out the server of metrics, which takes half a second to stop."""
    monkeypatch.setattr(serve, "start_http_server", lambda *_, **__: (MagicMock(server_port=0), MagicMock()))


async def nothing() -> None:
    """A dependency that is always there."""


@contextlib.asynccontextmanager
async def served(behaviour, gate=None):
    servicer = Servicer(behaviour)
    services = (
        Service(RANKER, ranker_grpc.add_RankerServiceServicer_to_server, servicer),
        Service(SEARCH, search_grpc.add_SearchServiceServicer_to_server, servicer),
    )
    room = Room("test", services, nothing, nothing, gate=gate)
    async with serving(room, QUICK) as running, open_channel(running.address) as channel:
        yield servicer, channel


async def code_of(rpc) -> grpc.StatusCode:
    """How a call ends; a refusal is whole."""
    try:
        await rpc
    except grpc.aio.AioRpcError as error:
        told = from_status(rpc_status.from_call(error))
        assert (Reason.OVERLOADED, "rank") == (told.reason, told.metadata["share"])
        assert told.retry_after_ms >= 500
        return error.code()
    return grpc.StatusCode.OK


async def test_what_is_too_much_is_refused_and_the_rest_gets_through():
    """A hundred at once: as many as there is room for are answered, the others refused; writes and probes pass."""
    held = asyncio.Event()

    async def hold(_):
        await held.wait()

    turnstile = Turnstile("rank", AdaptiveLimit(1, 256, 3))
    async with served(hold, Turnstiles({f"/{RANKER}/Rank": turnstile})) as (servicer, channel):
        rank = ranker_grpc.RankerServiceStub(channel).Rank
        calls = [asyncio.create_task(code_of(rank(RANK, timeout=10))) for _ in range(100)]
        probe = await health_pb2_grpc.HealthStub(channel).Check(
            health_pb2.HealthCheckRequest(service="liveness"), timeout=5
        )
        while turnstile.inside < 3 or sum(each.done() for each in calls) < 97 - 3 * QUEUE_FACTOR:
            await asyncio.sleep(0.01)
        writing = search_grpc.SearchServiceStub(channel).WriteProducts(WRITE, timeout=5)
        while servicer.calls < 4:
            await asyncio.sleep(0.01)
        held.set()
        codes = await asyncio.gather(*calls)
        await writing

        assert health_pb2.HealthCheckResponse.SERVING == probe.status
        assert {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED} == set(codes)
        assert 3 <= codes.count(grpc.StatusCode.OK) <= 3 + 3 * QUEUE_FACTOR
        assert 0 == turnstile.inside
        assert grpc.StatusCode.OK == await code_of(rank(RANK, timeout=5))


@pytest.mark.parametrize(("failures", "calls"), [(2, 3), (3, 3)])
async def test_a_read_is_tried_three_times(failures, calls):
    """What was away for a moment is not noticed; what stays away is told after a bounded number of tries."""

    async def away(count):
        if count <= failures:
            raise Unavailable.because_of("triton")

    async with served(away) as (servicer, channel):
        rank = call("ranker", ranker_grpc.RankerServiceStub(channel).Rank, RANK)
        if failures < calls:
            await rank
        else:
            with pytest.raises(Unavailable):
                await rank

    assert calls == servicer.calls


async def test_a_write_is_never_tried_again_by_itself():
    """Whether it was done is not known: its caller decides."""

    async def away(_):
        raise Unavailable.because_of("milvus")

    async with served(away) as (servicer, channel):
        with pytest.raises(Unavailable):
            await call("search", search_grpc.SearchServiceStub(channel).WriteProducts, WRITE)

    assert 1 == servicer.calls


async def test_retries_have_a_budget():
    """A room that is away is asked little more often than there are callers."""

    async def away(_):
        raise Unavailable.because_of("triton")

    async with served(away) as (servicer, channel):
        rank = ranker_grpc.RankerServiceStub(channel).Rank
        for _ in range(50):
            with pytest.raises(grpc.aio.AioRpcError):
                await rank(RANK, timeout=5)

    assert 50 < servicer.calls <= 50 + 20


def test_only_methods_that_there_are_and_that_read_are_tried_again():
    """The config names methods of the schema; none of them writes, and gRPC takes it."""
    modules = {"encoder": None, "fusion": None, "ranker": None, "search": None}
    for service, methods in READS.items():
        room = service.rpartition(".")[2].removesuffix("Service").lower()
        modules.pop(room)
        pb = __import__(f"triptych.internal.v1.{room}_service_pb2", fromlist=["DESCRIPTOR"])
        known = {each.name for each in pb.DESCRIPTOR.services_by_name[service.rpartition(".")[2]].methods}
        assert set(methods) <= known
        assert not [each for each in methods if each.startswith(("Write", "Remove", "Create", "Drop", "Set"))]

    assert {} == modules
    assert "retryThrottling" in retrying()
