"""A room behind TLS."""

import contextlib
from unittest.mock import MagicMock

import pytest

from tests.certificates import Authority
from tests.knocking import NAME, Door, Servicer
from triptych.internal.v1 import ranker_service_pb2_grpc as pb_grpc
from triptych.runtime import serve
from triptych.runtime.serve import Room, Service, serving
from triptych.runtime.settings import ServerSettings


async def nothing() -> None:
    """A dependency that is always there."""


@pytest.fixture
def authority(tmp_path):
    """The CA of the suite."""
    return Authority(tmp_path / "ours")


@pytest.fixture
def stranger(tmp_path):
    """Another CA."""
    return Authority(tmp_path / "theirs")


@pytest.fixture
async def open_room(monkeypatch):
    """Serve the room with settings."""
    monkeypatch.setattr(serve, "start_http_server", lambda *_, **__: (MagicMock(server_port=0), MagicMock()))
    async with contextlib.AsyncExitStack() as stack:

        async def start(check=nothing, **settings) -> Door:
            service = Service(NAME, pb_grpc.add_RankerServiceServicer_to_server, Servicer())
            room = Room("test", (service,), nothing, check)
            told = ServerSettings(drain_ms=0, grace_ms=100, check_interval_ms=20, **settings)
            own = await stack.enter_async_context(contextlib.AsyncExitStack())
            return Door((await own.enter_async_context(serving(room, told))).address, own.aclose)

        yield start


@pytest.fixture
async def mutual(open_room, authority):
    """A room that asks for certificates, and the files of its own."""
    server = authority.issue("127.0.0.1", file="server")
    door = await open_room(tls_cert=server.cert, tls_key=server.key, tls_client_ca=server.ca)
    return door, server
