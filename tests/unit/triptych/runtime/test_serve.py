"""A room that listens: what every RPC gets from the runtime."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from unittest.mock import MagicMock

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status
from structlog.testing import capture_logs

from triptych.internal.v1 import ranker_service_pb2 as pb
from triptych.internal.v1 import ranker_service_pb2_grpc as pb_grpc
from triptych.local.ports import free_ports
from triptych.runtime import context, serve
from triptych.runtime.channels import call, open_channel
from triptych.runtime.errors import CODES, from_status
from triptych.runtime.health import TRAFFIC, Readiness
from triptych.runtime.health_servicer import HealthServicer
from triptych.runtime.serve import Room, Service, serving
from triptych.runtime.settings import ServerSettings
from triptych.vocabulary.errors import (
    DeadlineExceeded,
    Internal,
    InvalidArgument,
    Reason,
    ResourceExhausted,
    Unavailable,
)

NAME = "triptych.internal.v1.RankerService"
REQUEST = pb.RankRequest(strategy=1, limit=1, candidates=[pb.Candidate(id="a", score=1)])
QUICK = ServerSettings(drain_ms=0, grace_ms=2000, check_interval_ms=20)


class Servicer(pb_grpc.RankerServiceServicer):
    """Does what a test tells it to."""

    def __init__(self, behaviour):
        self.behaviour = behaviour

    async def Rank(self, request, context):
        return await self.behaviour(request)


async def nothing() -> None:
    """A dependency that is always there."""


def room(behaviour, warm_up=nothing, check=nothing) -> Room:
    service = Service(NAME, pb_grpc.add_RankerServiceServicer_to_server, Servicer(behaviour))
    return Room("test", (service,), warm_up, check)


@contextlib.asynccontextmanager
async def client(behaviour, settings=QUICK, **checks):
    async with (
        serving(room(behaviour, **checks), settings) as running,
        # Not `open_channel`, which calls no room that is not ready for it.
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        yield pb_grpc.RankerServiceStub(channel), channel, running


async def replica(settings: ServerSettings) -> contextlib.AsyncExitStack:
    """Serve a room that answers once it is warm; return when it is, with what ends it."""
    warm = asyncio.Event()

    async def warm_up():
        await asyncio.sleep(0.1)
        warm.set()

    async def warm_answer(request):
        if not warm.is_set():
            raise Unavailable.because_of("triton")
        return await answer(request)

    stack = contextlib.AsyncExitStack()
    await stack.enter_async_context(serving(room(warm_answer, warm_up), settings))
    await asyncio.wait_for(warm.wait(), 5)
    return stack


async def answer(request) -> pb.RankResponse:
    return pb.RankResponse(ranked=[pb.RankedCandidate(index=0, score=1)])


async def refused(stub, request=REQUEST, **options) -> tuple[grpc.StatusCode, object]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Rank(request, **options)
    status = rpc_status.from_call(caught.value)
    return caught.value.code(), from_status(status)


async def health(channel, name: str) -> int:
    response = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=name))
    return response.status


async def until_health(channel, name: str, wanted: int) -> None:
    async with asyncio.timeout(5):
        while await health(channel, name) != wanted:
            await asyncio.sleep(0.01)


class TestErrors:
    @pytest.mark.parametrize("kind", sorted(CODES, key=lambda kind: kind.__name__))
    async def test_every_error_reaches_the_client_with_its_code(self, kind):
        """Each class is sent through a real server."""

        async def fail(request):
            raise kind("Not so.", reason=Reason.FIELD_INVALID, field="limit")

        async with client(fail) as (stub, _, _):
            code, error = await refused(stub)

        assert (CODES[kind], kind, "limit") == (code.value[0], type(error), error.field)

    async def test_an_unexpected_error_tells_nothing(self):
        """The client sees INTERNAL and a bland sentence; the log has the traceback."""

        async def fail(request):
            raise KeyError("password=hunter2")

        with capture_logs() as logs:
            async with client(fail) as (stub, _, _):
                _, error = await refused(stub)

        assert (Internal, "Internal error.") == (type(error), error.message)
        assert any(entry["event"] == "unexpected error" for entry in logs)

    async def test_a_broken_rule_is_refused_before_the_room_sees_it(self):
        """The schema's bounds are checked by the runtime."""
        async with client(answer) as (stub, _, _):
            _, error = await refused(stub, pb.RankRequest(strategy=1))

        assert (InvalidArgument, "limit") == (type(error), error.field)

    async def test_text_that_is_not_utf_8_is_named(self):
        """A request that protobuf refuses gets a code, a reason and a field like any other."""
        raw = REQUEST.SerializeToString().replace(b"\x0a\x01a", b"\x0a\x01\xff")
        async with client(answer) as (_, channel, _):
            method = channel.unary_unary(f"/{NAME}/Rank")
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await method(raw)

        error = from_status(rpc_status.from_call(caught.value))
        assert (Reason.INVALID_UTF8, "candidates[0].id") == (error.reason, error.field)

    async def test_the_longest_names_reach_the_client(self):
        """What gRPC would refuse to carry is cut before."""

        async def fail(request):
            raise InvalidArgument("汉" * 5000, reason=Reason.FIELD_INVALID, field="汉" * 5000)

        async with client(fail) as (stub, _, _):
            code, error = await refused(stub)

        assert (grpc.StatusCode.INVALID_ARGUMENT, Reason.FIELD_INVALID) == (code, error.reason)

    async def test_one_request_too_many_is_refused(self):
        """Load beyond the bound is shed with a word on when to come again."""
        release = asyncio.Event()

        async def wait(request):
            await release.wait()
            return pb.RankResponse()

        settings = QUICK.model_copy(update={"requests_in_flight_max": 1})
        async with client(wait, settings) as (stub, _, _):
            first = asyncio.ensure_future(stub.Rank(REQUEST))
            await asyncio.sleep(0.1)
            _, error = await refused(stub)
            release.set()
            await first

        assert (ResourceExhausted, Reason.OVERLOADED) == (type(error), error.reason)
        assert error.retry_after_ms > 0


class TestDeadline:
    async def test_work_past_the_deadline_is_cancelled(self):
        """Nobody waits for it any more."""
        cancelled = asyncio.Event()

        async def sleep(request):
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                cancelled.set()
                raise

        async with client(sleep) as (stub, _, _):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.Rank(REQUEST, timeout=0.1)
            await asyncio.wait_for(cancelled.wait(), 5)

        assert grpc.StatusCode.DEADLINE_EXCEEDED == caught.value.code()

    async def test_a_request_without_deadline_gets_the_default(self):
        """No request runs for ever."""

        async def sleep(request):
            await asyncio.sleep(30)

        settings = QUICK.model_copy(update={"deadline_default_ms": 50})
        async with client(sleep, settings) as (stub, _, _):
            _, error = await refused(stub)

        assert DeadlineExceeded is type(error)

    async def test_deadline_and_id_travel_to_the_next_room(self):
        """The callee sees no more time than the caller had, as gRPC rounds it, and the same id."""
        seen = {}

        async def look(request):
            seen.update(remaining_s=context.remaining_s(), id=context.request_id())
            return pb.RankResponse()

        async with client(look) as (inner, _, _):

            async def forward(request):
                return await call("ranker", inner.Rank, request)

            async with client(forward) as (outer, _, _):
                rpc = outer.Rank(REQUEST, timeout=2, metadata=((context.REQUEST_ID_HEADER, "my-id"),))
                await rpc
                trailing = dict(await rpc.trailing_metadata())

        assert ("my-id", "my-id") == (seen["id"], trailing[context.REQUEST_ID_HEADER])
        assert 0 < seen["remaining_s"] < 2.1 < context.DEFAULT_S


class TestCall:
    async def test_a_room_that_is_gone_is_unavailable(self):
        """The error names the room and says when to try again."""
        async with client(answer) as (_, _, running):
            address = running.address
        async with open_channel(address) as channel:
            with pytest.raises(Unavailable) as caught:
                await call("ranker", pb_grpc.RankerServiceStub(channel).Rank, REQUEST)

        assert {"dependency": "ranker"} == caught.value.metadata
        assert caught.value.retry_after_ms > 0


class TestHealth:
    async def test_a_room_is_ready_when_it_is_warm(self):
        """NOT_SERVING until warm-up succeeds, alive all along."""
        warm = asyncio.Event()

        async def warm_up():
            if not warm.is_set():
                raise Unavailable.because_of("triton")

        async with client(answer, warm_up=warm_up) as (_, channel, _):
            cold = [await health(channel, name) for name in (NAME, "", "liveness")]
            warm.set()
            await until_health(channel, NAME, 1)

        assert [2, 2, 1] == cold

    async def test_who_watches_hears_of_changes_after_another_has_left(self):
        """As a gateway does that is restarted beside others."""
        gone = asyncio.Event()

        async def check():
            if gone.is_set():
                raise Unavailable.because_of("milvus")

        async with client(answer, check=check) as (_, channel, _):
            stub, request = health_pb2_grpc.HealthStub(channel), health_pb2.HealthCheckRequest(service=NAME)
            await until_health(channel, NAME, 1)
            leaves, stays = stub.Watch(request), stub.Watch(request)
            before = [(await each.read()).status for each in (leaves, stays)]
            leaves.cancel()
            await asyncio.sleep(0.1)
            gone.set()
            after = (await asyncio.wait_for(stays.read(), 5)).status

        assert ([1, 1], 2) == (before, after)

    async def test_a_name_that_nobody_has_is_unknown(self):
        """Asked once it is not found; watched it may come."""
        async with client(answer) as (_, channel, _):
            stub, request = health_pb2_grpc.HealthStub(channel), health_pb2.HealthCheckRequest(service="x")
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.Check(request)
            watched = (await stub.Watch(request).read()).status

        assert (grpc.StatusCode.NOT_FOUND, 3) == (caught.value.code(), watched)

    async def test_callers_are_sent_from_the_first_warm_up_on(self):
        """And stay when a dependency is lost: the room itself says best which one."""
        gone = {"warm_up", "check"}

        def missing(name):
            async def look():
                if name in gone:
                    raise Unavailable.because_of("triton")

            return look

        async with client(answer, warm_up=missing("warm_up"), check=missing("check")) as (_, channel, _):
            cold = await health(channel, TRAFFIC)
            gone.clear()
            await until_health(channel, NAME, 1)
            warm = await health(channel, TRAFFIC)
            gone.add("check")
            await until_health(channel, NAME, 2)
            lost = await health(channel, TRAFFIC)

        assert [2, 1, 1] == [cold, warm, lost]

    async def test_a_lost_dependency_turns_the_room_unready_and_back(self):
        """Readiness follows the check."""
        gone = asyncio.Event()

        async def check():
            if gone.is_set():
                raise Unavailable.because_of("milvus")

        async with client(answer, check=check) as (_, channel, _):
            await until_health(channel, NAME, 1)
            gone.set()
            await until_health(channel, NAME, 2)
            gone.clear()
            await until_health(channel, NAME, 1)

    async def test_a_room_that_stops_while_it_gets_ready_stays_unready(self):
        """Whatever was being told when the stop came: else callers would be sent to a room that ends."""

        class Slow(HealthServicer):
            async def set(self, service, status):
                await asyncio.sleep(0)
                await super().set(service, status)

            def told(self, *names):
                return [self._status(name) for name in names]

        servicer = Slow()
        readiness = Readiness(servicer, [NAME])
        await readiness.start()
        following = asyncio.create_task(readiness.follow(nothing, nothing, interval_s=60))
        while servicer.told("") != [1]:
            await asyncio.sleep(0)

        await readiness.close()

        await asyncio.sleep(0.05)
        following.cancel()
        assert [2, 2, 2, 1] == servicer.told("", NAME, TRAFFIC, "liveness")

    async def test_each_loss_is_logged_once_with_the_reason(self):
        """The last line that says "not ready" is where people and the doctor look for why."""
        gone, looks = asyncio.Event(), 0

        async def check():
            nonlocal looks
            if gone.is_set():
                looks += 1
                raise Unavailable.because_of("milvus")

        with capture_logs() as logs:
            async with client(answer, check=check) as (_, channel, _):
                await until_health(channel, NAME, 1)
                gone.set()
                async with asyncio.timeout(5):
                    while looks < 3:
                        await asyncio.sleep(0.01)

        lines = [each.get("why") for each in logs if each["event"] == "not ready"]
        assert ["It warms up.", Unavailable.because_of("milvus").message] == lines


class TestStop:
    async def test_what_is_in_flight_is_finished(self):
        """A stop loses no request."""
        started = asyncio.Event()

        async def slow(request):
            started.set()
            await asyncio.sleep(0.3)
            return pb.RankResponse()

        async with contextlib.AsyncExitStack() as stack:
            server = contextlib.AsyncExitStack()
            running = await server.enter_async_context(serving(room(slow), QUICK))
            channel = await stack.enter_async_context(open_channel(running.address))
            pending = asyncio.ensure_future(pb_grpc.RankerServiceStub(channel).Rank(REQUEST))
            await started.wait()
            await server.aclose()

            assert pb.RankResponse() == await pending

    async def test_a_room_of_two_can_be_restarted_under_load(self, monkeypatch):
        """Callers leave it before it stops, and come back when it is warm: no request fails."""
        # The server of metrics takes half a second to stop.
        monkeypatch.setattr(
            serve, "start_http_server", lambda *_, **__: (MagicMock(server_port=0), MagicMock())
        )
        settings = [ServerSettings(port=port, drain_ms=200, check_interval_ms=20) for port in free_ports(2)]
        done, answered = asyncio.Event(), 0

        async def load(stub):
            nonlocal answered
            while not done.is_set():
                await stub.Rank(REQUEST, timeout=20)
                answered += 1

        replicas = [await replica(each) for each in settings]
        addresses = ",".join(f"127.0.0.1:{each.port}" for each in settings)
        async with open_channel(f"ipv4:{addresses}") as channel, asyncio.TaskGroup() as tasks:
            for _ in range(16):
                tasks.create_task(load(pb_grpc.RankerServiceStub(channel)))
            for at in (0, 1):
                await replicas[at].aclose()
                replicas[at] = await replica(settings[at])
                # Callers look for a lost server after a tenth of a second first.
                await asyncio.sleep(0.5)
            done.set()
        for each in replicas:
            await each.aclose()

        assert answered > 100

    async def test_a_taken_port_is_said_to_be_taken(self):
        """Two servers never share a port silently."""
        async with client(answer) as (_, _, running):
            port = int(running.address.rpartition(":")[2])
            with pytest.raises(OSError, match=str(port)):
                async with serving(room(answer), QUICK.model_copy(update={"port": port})):
                    pass

    async def test_a_taken_port_of_metrics_is_named_too(self):
        """By where it should have been."""
        async with client(answer) as (_, _, running):
            taken = QUICK.model_copy(update={"metrics_port": running.metrics_port})
            with pytest.raises(OSError, match=f"cannot show metrics on 127.0.0.1:{running.metrics_port}: "):
                async with serving(room(answer), taken):
                    pass

    @pytest.mark.parametrize("host", ["::1", "[::1]"])
    async def test_a_room_listens_on_an_address_of_ipv6(self, host):
        """With brackets or without, as people write it; its metrics too."""
        async with client(answer, ServerSettings(host=host, drain_ms=0)) as (stub, _, running):
            assert await answer(REQUEST) == await stub.Rank(REQUEST)
            assert running.address.startswith("[::1]:")
            page = await asyncio.to_thread(metrics_page, running.metrics_port, "[::1]")

        assert "triptych_ready" in page


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("TRIPTYCH_RANKER_PORT", "abc", "TRIPTYCH_RANKER_PORT: Input should be a valid integer"),
        ("TRIPTYCH_RANKER_TLS_CERT", "a.pem", "tls_cert and tls_key belong together"),
        ("TRIPTYCH_SECRETS_DIR", "/nowhere", "TRIPTYCH_SECRETS_DIR names no folder: /nowhere"),
    ],
)
def test_a_room_that_cannot_start_says_why_in_one_line(variable, value, said):
    """As every line of its log: JSON, and no traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "services.ranker.main"],
        env={**os.environ, variable: value},
        capture_output=True,
        text=True,
        check=False,
    )

    (line,) = [json.loads(each) for each in done.stderr.splitlines()]
    assert (1, "cannot start", "ranker") == (done.returncode, line["event"], line["room"])
    assert said in line["why"]


class TestSeenFromOutside:
    async def test_reflection_lists_the_services(self):
        """A client can ask what there is."""
        async with client(answer) as (_, channel, _):
            stub = reflection_pb2_grpc.ServerReflectionStub(channel)
            stream = stub.ServerReflectionInfo(
                iter([reflection_pb2.ServerReflectionRequest(list_services="")])
            )
            listed = [
                service.name async for reply in stream for service in reply.list_services_response.service
            ]

        assert {NAME, "grpc.health.v1.Health"} <= set(listed)

    async def test_every_rpc_is_counted_timed_and_logged(self):
        """Metrics by code, one structured line, the request's id in it."""
        with capture_logs() as logs:
            async with client(answer) as (stub, _, running):
                await stub.Rank(REQUEST)
                await refused(stub, pb.RankRequest())
                page = await asyncio.to_thread(metrics_page, running.metrics_port)

        assert f'triptych_rpc_requests_total{{code="OK",method="Rank",service="{NAME}"}}' in page
        assert (
            f'triptych_rpc_requests_total{{code="INVALID_ARGUMENT",method="Rank",service="{NAME}"}}' in page
        )
        assert f'triptych_rpc_duration_seconds_count{{method="Rank",service="{NAME}"}}' in page
        assert f'triptych_rpc_in_flight{{method="Rank",service="{NAME}"}} 0.0' in page
        # Servers of other tests may be at work in this process.
        lines = [entry for entry in logs if entry["event"] == "rpc" and entry["service"] == NAME]
        assert ["OK", "INVALID_ARGUMENT"] == [line["code"] for line in lines]

    async def test_a_method_that_was_never_called_is_shown_with_0(self):
        """So that its first failure is an increase."""
        async with client(answer) as (_, _, running):
            page = await asyncio.to_thread(metrics_page, running.metrics_port)

        assert (
            f'triptych_rpc_requests_total{{code="UNAVAILABLE",method="ListStrategies",service="{NAME}"}} 0.0'
            in page
        )


def metrics_page(port: int, host: str = "127.0.0.1") -> str:
    with urllib.request.urlopen(f"http://{host}:{port}/metrics") as response:
        return response.read().decode()


def test_a_log_line_is_json_with_the_request_id():
    """A line can be read by a machine and traced to its request."""
    # In a process of its own: loggers are configured once and for all.
    script = (
        "from triptych.runtime import context, logs\n"
        "logs.configure('test', 'info')\n"
        "with context.request('abc', 1):\n"
        "    logs.log.info('rpc', code='OK')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    line = json.loads(done.stderr)
    assert ("rpc", "abc", "OK", "test") == (line["event"], line["request_id"], line["code"], line["room"])
