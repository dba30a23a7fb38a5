"""The command by which an image asks its room for its health."""

import asyncio
import sys

import grpc
import pytest
from grpc_health.v1 import health, health_pb2_grpc

from triptych.runtime import probe
from triptych.runtime.health import NOT_SERVING, SERVING


@pytest.fixture
async def address():
    """Where a server answers that is alive, and not ready."""
    server, servicer = grpc.aio.server(), health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    await servicer.set("liveness", SERVING)
    await servicer.set("", NOT_SERVING)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


async def asked(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """Run the command; return what it ends with."""
    monkeypatch.setattr(sys, "argv", ["probe", *arguments])
    try:
        await asyncio.to_thread(probe.main)
    except SystemExit as end:
        return end.code
    return 0


async def test_what_serves_ends_well(monkeypatch, address: str):
    """A service that says SERVING is well."""
    assert 0 == await asked(monkeypatch, address, "liveness")


async def test_what_does_not_says_why(monkeypatch, address: str, free_port: int):
    """The whole server is not ready, a name is unknown, nobody answers: each is said."""
    assert f"{address}: NOT_SERVING" == await asked(monkeypatch, address)
    assert f"{address}: NOT_FOUND" == await asked(monkeypatch, address, "nobody")
    assert f"127.0.0.1:{free_port}: UNAVAILABLE" == await asked(monkeypatch, f"127.0.0.1:{free_port}")
