"""One way to serve: every room boots, listens and stops like this."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from wsgiref.simple_server import WSGIServer

import grpc
import uvloop
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from prometheus_client import start_http_server

from triptych.runtime import logs
from triptych.runtime.gate import Gate
from triptych.runtime.health import Check, Readiness
from triptych.runtime.health_servicer import HealthServicer
from triptych.runtime.interceptor import RpcInterceptor
from triptych.runtime.interpreter import settle, sum_in_one_thread
from triptych.runtime.reading import WrongSettings, read_settings
from triptych.runtime.security.doors import address_of, bind, bounds, gate_of, probe_server
from triptych.runtime.settings import ServerSettings
from triptych.runtime.tracing.switch import interceptors, tracing

Settings = TypeVar("Settings", bound=ServerSettings)


@dataclass(frozen=True)
class Service:
    """A gRPC service: its full name, the generated function that adds it to a server, its servicer."""

    full_name: str
    add_to_server: Callable[[Any, Any], None]
    servicer: object


@dataclass(frozen=True)
class Room:
    """What a room serves.

    Args:
        name: "encoder", "gateway" …
        services: its gRPC services.
        warm_up: gets everything ready for the first request; raises while a dependency is missing, and is called again.
        check: a cheap look at the dependencies; raises while the room cannot answer.
        stop: is called first of all when the room stops: what lasts, such as a stream, is to end.
        gate: who may call what; None: whoever can connect.
    """

    name: str
    services: tuple[Service, ...]
    warm_up: Check
    check: Check
    stop: Callable[[], None] = lambda: None
    gate: Gate | None = None


@dataclass(frozen=True)
class Running:
    """A room that listens."""

    address: str
    metrics_port: int


@contextlib.asynccontextmanager
async def serving(room: Room, settings: ServerSettings) -> AsyncIterator[Running]:
    """Serve *room* while the context is open; on leaving, finish what is in flight.

    Raises:
        OSError: a port is taken.
    """
    # Boot: everything that listens, in one place.
    methods = request_classes(room)
    server = grpc.aio.server(
        interceptors=(
            *interceptors(methods),
            RpcInterceptor(methods, settings, gate_of(room.gate, settings)),
        ),
        options=(
            *bounds(settings),
            ("grpc.max_receive_message_length", settings.message_bytes_max),
            ("grpc.max_send_message_length", settings.message_bytes_max),
            # A client that vanished without closing the connection is noticed, and one that looks for us is let.
            ("grpc.keepalive_time_ms", 60_000),
            ("grpc.keepalive_timeout_ms", 20_000),
            # (The name of gRPC's constant has RECV in it, its value has not.)
            ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
            # Two servers on one port would share its requests silently.
            ("grpc.so_reuseport", 0),
        ),
    )
    for service in room.services:
        service.add_to_server(service.servicer, server)
    health_servicer = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
    names = [service.full_name for service in room.services]
    if settings.reflection:
        described = [*names, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name]
        reflection.enable_server_reflection([*described, reflection.SERVICE_NAME], server)
    readiness = Readiness(health_servicer, names)
    await readiness.start()
    port = listen(server, settings)
    metrics_server, metrics_thread = show_metrics(settings)
    await server.start()
    probed = await probe_server(settings, health_servicer)
    logs.log.info("listening", port=port, metrics_port=metrics_server.server_port)
    following = asyncio.create_task(
        readiness.follow(room.warm_up, room.check, settings.check_interval_ms / 1e3)
    )
    try:
        yield Running(address_of(settings.host, port), metrics_server.server_port)
    finally:
        # Stop: first no new requests, then no server, then no metrics.
        await readiness.close()
        room.stop()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await asyncio.sleep(settings.drain_ms / 1e3)
        await server.stop(settings.grace_ms / 1e3)
        await probed.stop(0)
        await asyncio.to_thread(metrics_server.shutdown)
        metrics_server.server_close()
        await asyncio.to_thread(metrics_thread.join)


def settled(room: Room) -> Room:
    """Return *room*, after whose warm-up the process has what it needs."""

    async def warm_up() -> None:
        await room.warm_up()
        settle()

    return replace(room, warm_up=warm_up)


def listen(server: grpc.aio.Server, settings: ServerSettings) -> int:
    """Bind the server's port and return it."""
    return bind(server, settings.host, settings.port, settings.tls)


def show_metrics(settings: ServerSettings) -> tuple[WSGIServer, threading.Thread]:
    """Show the metrics; return their server and its thread."""
    host = settings.metrics_host or settings.host
    try:
        return start_http_server(settings.metrics_port, addr=host)
    except OSError as error:
        where = address_of(host, settings.metrics_port)
        raise OSError(f"cannot show metrics on {where}: {error.strerror}") from error


def request_classes(room: Room) -> dict[str, type[Message]]:
    """Return the request class of each method of *room*, by the method's full name."""
    pool = descriptor_pool.Default()
    return {
        f"/{service.full_name}/{method.name}": message_factory.GetMessageClass(method.input_type)
        for service in room.services
        for method in pool.FindServiceByName(service.full_name).methods
    }


def run(
    room: str, kind: type[Settings], build: Callable[[contextlib.AsyncExitStack, Settings], Room]
) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        room: its name, for the log.
        kind: the class of its settings, which are read from the environment.
        build: makes the room inside the event loop, and pushes what must be closed at the end on the stack.

    Raises:
        SystemExit: a setting is wrong, a folder cannot be written, or a port is taken; the log says which.
    """
    logs.configure(room, "info")
    try:
        settings = read_settings(kind)
        logs.configure(room, settings.log_level)
        sum_in_one_thread()
        uvloop.run(_run(room, settings, build))
    except WrongSettings as error:
        logs.log.error("cannot start", why=str(error))
        raise SystemExit(1) from None
    except OSError as error:
        logs.log.error("cannot start", path=error.filename, why=error.strerror or str(error))
        raise SystemExit(1) from None


async def _run(
    name: str, settings: Settings, build: Callable[[contextlib.AsyncExitStack, Settings], Room]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # The stack closes in reverse order: the server, which `serving` opens last, stops first.
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(tracing(name, settings))
        room = build(stack, settings)
        await stack.enter_async_context(serving(settled(room), settings))
        await stop.wait()
        logs.log.info("stopping")
