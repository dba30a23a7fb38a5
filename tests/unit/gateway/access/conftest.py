"""A whole gateway with its gate, and no room behind it: what passes the gate is UNAVAILABLE, since nobody answers."""

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from unittest.mock import MagicMock

import grpc
import pytest
from google.protobuf import message_factory
from grpc_status import rpc_status

from gateway import main
from gateway.settings import GatewaySettings
from tests.public_rpcs import METHODS
from triptych import keyring
from triptych.runtime import serve
from triptych.runtime.errors import from_status
from triptych.runtime.serve import serving

NOBODY = "127.0.0.1:1"
ROOMS = {"encoder": NOBODY, "fusion": NOBODY, "search": NOBODY, "ranker": NOBODY}


@dataclass
class Gateway:
    """Where it listens."""

    channel: grpc.aio.Channel
    address: str

    async def ask(self, rpc: str, request=None, key: str = "", metadata=()) -> str:
        """Call *rpc* ("CatalogService/GetProduct") and return the reason of the refusal; "PASSED" when it got in."""
        method = METHODS[rpc]
        request = request or message_factory.GetMessageClass(method.input_type)()
        sent = (*metadata, *((("authorization", f"Bearer {key}"),) if key else ()))
        path = f"/triptych.v1.{rpc}"
        try:
            if method.client_streaming:
                call = self.channel.stream_stream(path, type(request).SerializeToString)
                _ = [each async for each in call(iter([request]), metadata=sent, timeout=5)]
            else:
                call = self.channel.unary_unary(path, type(request).SerializeToString)
                await call(request, metadata=sent, timeout=5)
        except grpc.aio.AioRpcError as error:
            reason = from_status(rpc_status.from_call(error)).reason.value
            return "PASSED" if reason == "DEPENDENCY_UNAVAILABLE" else reason
        return "PASSED"


@pytest.fixture
async def start(monkeypatch, tmp_path):
    """Start gateways with settings."""
    monkeypatch.setattr(serve, "start_http_server", lambda *_, **__: (MagicMock(server_port=0), MagicMock()))
    async with contextlib.AsyncExitStack() as stack:

        async def started(**told) -> Gateway:
            settings = GatewaySettings(
                port=0, metrics_port=0, drain_ms=0, events_path=tmp_path / "events.db", **ROOMS, **told
            )
            running = await stack.enter_async_context(serving(main.build(stack, settings), settings))
            channel = grpc.aio.insecure_channel(running.address)
            return Gateway(await stack.enter_async_context(channel), running.address)

        yield started


@dataclass
class Keys:
    """A file of keys."""

    path: object

    def make(self, *roles: str, catalogs=("mine",), **more) -> str:
        """Add a key and return it."""
        key_id, key = keyring.new_key()
        made = keyring.Key(
            id=key_id,
            name="a test",
            sha256=keyring.digest(key),
            roles=roles or ("search",),
            catalogs=catalogs,
            created=datetime.now(UTC),
            **more,
        )
        keyring.add(self.path, made)
        return key


@pytest.fixture
def keys(tmp_path):
    """An empty file of keys."""
    path = tmp_path / "keys.json"
    path.write_text("{}")
    return Keys(path)


@pytest.fixture
async def gateway(start, keys):
    """A gateway that asks for keys."""
    return await start(keys_file=str(keys.path))
