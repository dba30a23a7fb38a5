"""An encoder service on a free port, over the models of a real Triton."""

import contextlib

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.encoder.main import build
from services.encoder.settings import EncoderSettings
from triptych.internal.v1.encoder_service_pb2_grpc import EncoderServiceStub
from triptych.runtime.serve import serving

ANY_SIZE = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


@pytest.fixture(scope="session")
def serve():
    """Return a context manager that serves with the settings given and yields a stub and the health stub."""

    @contextlib.asynccontextmanager
    async def served(**chosen):
        settings = EncoderSettings(port=0, metrics_port=0, drain_ms=0, check_interval_ms=50, **chosen)
        async with contextlib.AsyncExitStack() as stack:
            running = await stack.enter_async_context(serving(build(stack, settings), settings))
            # Not `open_channel`, which calls no room that is not ready for it.
            channel = grpc.aio.insecure_channel(running.address, options=ANY_SIZE)
            await stack.enter_async_context(channel)
            yield EncoderServiceStub(channel), health_pb2_grpc.HealthStub(channel)

    return served


@pytest.fixture(scope="session")
def until_ready():
    """Return a function that waits until the room's health is SERVING."""

    async def wait(health):
        async for status in health.Watch(health_pb2.HealthCheckRequest(), timeout=20):
            if status.status == health_pb2.HealthCheckResponse.SERVING:
                return

    return wait


@pytest.fixture(scope="session")
async def encoder(triton, serve, until_ready, tmp_path_factory):
    """A stub of a service that is ready and may read files in `encoder.media`."""
    media = tmp_path_factory.mktemp("media")
    async with serve(triton_url=triton, uri_allow=(media.as_uri(),)) as (stub, health):
        await until_ready(health)
        stub.media = media
        yield stub


@pytest.fixture(scope="session")
def rpc_error():
    return grpc.aio.AioRpcError
