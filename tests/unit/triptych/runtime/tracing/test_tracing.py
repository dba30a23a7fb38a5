"""Spans of a room that listens: whose children they are, what they tell and what they never do."""

import asyncio
import contextlib
import subprocess
import sys

import grpc
import numpy as np
import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.encoder.core.remembered import SharedVectors, VectorMemory
from triptych.internal.v1 import ranker_service_pb2 as pb
from triptych.internal.v1 import ranker_service_pb2_grpc as pb_grpc
from triptych.runtime.channels import call, open_channel
from triptych.runtime.logs import add_request_id
from triptych.runtime.serve import Room, Service, serving
from triptych.runtime.settings import ServerSettings
from triptych.runtime.tracing.exporting import provider_of
from triptych.runtime.tracing.tracer import OtelTracer
from triptych.vocabulary import spans
from triptych.vocabulary.errors import InvalidArgument, Reason, Unavailable
from triptych.vocabulary.vectors import Vector

NAME = "triptych.internal.v1.RankerService"
METHOD = f"{NAME}/Rank"
REQUEST = pb.RankRequest(strategy=1, limit=1, candidates=[pb.Candidate(id="a", score=1)])
ANSWER = pb.RankResponse(ranked=[pb.RankedCandidate(index=0, score=1)])
QUICK = ServerSettings(drain_ms=0, grace_ms=2000, check_interval_ms=20)
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Servicer(pb_grpc.RankerServiceServicer):
    def __init__(self, behaviour):
        self.behaviour = behaviour

    async def Rank(self, request, context):
        return await self.behaviour(request)


async def nothing() -> None:
    """A dependency that is always there."""


@contextlib.contextmanager
def tracing(ratio):
    """Spans of traces that begin here by *ratio*, kept."""
    kept = InMemorySpanExporter()
    provider = provider_of("test", ratio)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    spans.install(OtelTracer(provider))
    try:
        yield kept
    finally:
        spans.install(None)
        provider.shutdown()


@pytest.fixture
def kept():
    """The spans of all requests."""
    with tracing(1.0) as exporter:
        yield exporter


@contextlib.asynccontextmanager
async def ranker(behaviour):
    service = Service(NAME, pb_grpc.add_RankerServiceServicer_to_server, Servicer(behaviour))
    async with (
        serving(Room("test", (service,), nothing, nothing), QUICK) as running,
        open_channel(running.address) as channel,
    ):
        yield pb_grpc.RankerServiceStub(channel)


async def answer(request):
    return ANSWER


async def ask(behaviour, sampled=None, **more):
    """Have *behaviour* asked by a client that decided whether the trace is *sampled*; None: it did not."""
    header = () if sampled is None else (("traceparent", f"00-{TRACE}-{PARENT}-0{int(sampled)}"),)
    async with ranker(behaviour) as stub:
        with contextlib.suppress(grpc.aio.AioRpcError):
            await stub.Rank(REQUEST, metadata=(*header, ("x-request-id", "r1")), **more)


def named(kept):
    return {span.name: span for span in kept.get_finished_spans()}


async def test_a_call_continues_its_callers_trace(kept):
    """The server's span is a child of the client's, and what is done below is a child of the server's."""

    async def search(request):
        with spans.span("milvus.Search", calls=True, **{"db.system.name": "milvus"}):
            return ANSWER

    await ask(search, sampled=True)

    server, inner = named(kept)[METHOD], named(kept)["milvus.Search"]
    assert TRACE == f"{server.context.trace_id:032x}" == f"{inner.context.trace_id:032x}"
    assert PARENT == f"{server.parent.span_id:016x}"
    assert server.context.span_id == inner.parent.span_id
    assert "OK" == server.attributes["rpc.response.status_code"]
    assert "r1" == server.attributes["triptych.request_id"]
    assert "milvus" == inner.attributes["db.system.name"]


async def test_the_trace_goes_on_in_the_room_that_is_called(kept):
    """Three spans in a row: the first server's, its call's, the second server's."""
    async with ranker(answer) as second:

        async def first(request):
            return await call("ranker", second.Rank, REQUEST)

        await ask(first, sampled=True)

    servers = [span for span in kept.get_finished_spans() if span.name == METHOD]
    inner, outer = servers
    calling = named(kept)["ranker.Rank"]
    assert [outer.context.span_id, calling.context.span_id] == [calling.parent.span_id, inner.parent.span_id]


@pytest.mark.parametrize("sampled", [False, True])
async def test_the_callers_decision_counts(sampled):
    """Whatever the ratio says."""
    with tracing(0.0 if sampled else 1.0) as kept:
        await ask(answer, sampled=sampled)

        assert ([METHOD] if sampled else []) == [*named(kept)]


async def test_what_is_not_sampled_is_passed_on_as_such(kept):
    """Rooms below make no spans of it either, and the log can still be searched by the id."""
    carried = []

    async def look(request):
        carried.append((dict(spans.carried())["traceparent"], add_request_id(None, "", {})["trace_id"]))
        return ANSWER

    await ask(look, sampled=False)

    ((header, logged),) = carried
    assert (TRACE, "00", TRACE) == (header[3:35], header[-2:], logged)


async def test_an_error_is_told_by_code_and_reason(kept):
    """What it says may quote the request, and stays out; a caller's mistake is no failure of the server."""

    async def refuse(request):
        with spans.span("stage.encode"):
            raise InvalidArgument("No: red shoes.", reason=Reason.FIELD_INVALID, field="limit")

    await ask(refuse)

    server, stage = named(kept)[METHOD], named(kept)["stage.encode"]
    assert "INVALID_ARGUMENT" == server.attributes["rpc.response.status_code"]
    assert "FIELD_INVALID" == server.attributes["error.type"] == stage.attributes["error.type"]
    assert (True, False) == (server.status.is_unset, stage.status.is_ok)
    assert "red shoes" not in server.to_json() + stage.to_json()


@pytest.mark.parametrize(("error", "reason"), [(Unavailable.because_of("triton"), "DEPENDENCY_UNAVAILABLE"), (KeyError("pass"), "INTERNAL")])  # fmt: skip
async def test_a_failure_is_the_servers(kept, error, reason):
    """A span of a server that failed says so."""

    async def fail(request):
        raise error

    await ask(fail)

    server = named(kept)[METHOD]
    assert (reason, False) == (server.attributes["error.type"], server.status.is_unset)
    assert "pass" not in server.to_json()


async def test_who_leaves_ends_the_spans(kept):
    """A call that its client broke off has an end, and its code."""

    async def dawdle(request):
        with spans.span("slow"):
            await asyncio.sleep(60)

    await ask(dawdle, timeout=0.2)
    async with asyncio.timeout(10):
        while METHOD not in named(kept):
            await asyncio.sleep(0.01)

    assert named(kept)[METHOD].attributes["rpc.response.status_code"] in {"CANCELLED", "DEADLINE_EXCEEDED"}
    assert {"slow", METHOD} == named(kept).keys()


async def test_attributes_are_bounded(kept):
    """However long a name is, a span stays small."""

    async def tell(request):
        spans.note(catalog="x" * 10_000)
        return ANSWER

    await ask(tell)

    assert 128 == len(named(kept)[METHOD].attributes["triptych.catalog"])


async def test_outside_of_a_request_there_are_no_spans(kept):
    """Warm-up and looks at dependencies would fill a collector with what nobody asked for."""
    with spans.span("milvus.GetVersion"):
        assert () == spans.carried()

    assert () == kept.get_finished_spans()


async def test_a_shared_vector_points_at_who_made_it(kept):
    """A request that waits for what another makes tells which."""
    going = asyncio.Event()
    vectors = SharedVectors(VectorMemory(0), lambda source, count: None)
    traces = []

    async def make(places):
        await going.wait()
        return [Vector(np.zeros(1, np.float32), "s") for _ in places]

    async def encode(request):
        traces.append(spans.trace_id())
        if len(traces) == 2:
            asyncio.get_running_loop().call_later(0.05, going.set)
        await vectors.of(["shoe"], make)
        return ANSWER

    async with ranker(encode) as stub:
        await asyncio.gather(stub.Rank(REQUEST), stub.Rank(REQUEST))

    (link,) = named(kept)["encoder.wait_for_another"].links
    assert traces[0] == f"{link.context.trace_id:032x}"
    assert traces[1] == f"{named(kept)['encoder.wait_for_another'].context.trace_id:032x}"


def test_off_means_not_there():
    """A room that does not trace has not even imported OpenTelemetry, nor set an interceptor."""
    code = (
        "import sys, gateway.main, services.encoder.main, services.fusion.main, services.search.main\n"
        "import services.ranker.main\n"
        "from triptych.runtime.tracing.switch import interceptors\n"
        "print(interceptors(['/a/b']), [name for name in sys.modules if name.startswith('opentelemetry')])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "() []" == done.stdout.strip()
