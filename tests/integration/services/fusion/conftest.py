"""A fusion service on a free port, and a Triton to die and come back: the wire protocol, with the tiny heads inside."""

import asyncio
import contextlib

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tritonclient.grpc import model_config_pb2, service_pb2, service_pb2_grpc

from services.fusion.adapters.in_memory import InMemoryFusionModel
from services.fusion.core.parts import Part
from services.fusion.settings import FusionSettings
from triptych.runtime.serve import serving
from triptych.vocabulary.choices import FusionStrategy, Modality

DIMENSION, SLOTS = 8, 16
SHAPES = {"VECTORS": [SLOTS, DIMENSION], "WEIGHTS": [SLOTS], "MODALITIES": [SLOTS], "STRATEGY": [1]}
PARAMETERS = {
    "version": "1",
    "space": "in-memory-1/fused",
    "dimension": str(DIMENSION),
    "unit_length": "true",
}


class WireTriton(service_pb2_grpc.GRPCInferenceServiceServicer):
    """Answers as a Triton that serves the model `fusion`, until it is told to hang."""

    def __init__(self) -> None:
        self.model = InMemoryFusionModel(DIMENSION)
        self.answering = asyncio.Event()
        self.answering.set()
        self.entered = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.rows_seen: list[int] = []
        self.port = 0
        self._server: grpc.aio.Server | None = None

    async def start(self) -> None:
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop(grace=None)

    async def ModelReady(self, request, context):
        return service_pb2.ModelReadyResponse(ready=True)

    async def ModelConfig(self, request, context):
        config = model_config_pb2.ModelConfig(name=request.name, max_batch_size=4)
        for name, dims in SHAPES.items():
            config.input.add(name=name, dims=dims)
        for key, value in PARAMETERS.items():
            config.parameters[key].string_value = value
        return service_pb2.ModelConfigResponse(config=config)

    async def ModelInfer(self, request, context):
        self.entered.set()
        try:
            await self.answering.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        arrays = {
            tensor.name: np.frombuffer(raw, "<i4" if tensor.datatype == "INT32" else "<f4").reshape(
                tensor.shape
            )
            for tensor, raw in zip(request.inputs, request.raw_input_contents, strict=True)
        }
        fused = await self.infer(arrays)
        self.rows_seen.append(len(fused))
        response = service_pb2.ModelInferResponse(raw_output_contents=[fused.tobytes()])
        response.outputs.add(name="VECTOR", datatype="FP32", shape=fused.shape)
        return response

    async def infer(self, arrays):
        groups = [
            tuple(
                Part(vectors[slot], float(weights[slot]), Modality(modalities[slot] + 1))
                for slot in np.flatnonzero(weights)
            )
            for vectors, weights, modalities in zip(
                arrays["VECTORS"], arrays["WEIGHTS"], arrays["MODALITIES"], strict=True
            )
        ]
        return await self.model.fuse(FusionStrategy(arrays["STRATEGY"][0, 0]), groups)


@pytest.fixture
async def wire_triton():
    triton = WireTriton()
    await triton.start()
    yield triton
    await triton.stop()


@pytest.fixture(scope="session")
def serve():
    """Return a context manager that serves a room and yields a channel to it once it is ready."""

    @contextlib.asynccontextmanager
    async def served(room):
        settings = FusionSettings(port=0, metrics_port=0, drain_ms=0, check_interval_ms=20)
        async with (
            serving(room, settings) as running,
            # Not `open_channel`, which calls no room that is not ready for it.
            grpc.aio.insecure_channel(running.address) as channel,
        ):
            async with asyncio.timeout(10):
                await ready(channel)
            yield channel

    return served


@pytest.fixture(scope="session")
def wait_until_ready():
    return ready


async def ready(channel, *, wanted=health_pb2.HealthCheckResponse.SERVING) -> None:
    """Wait until the room's health is *wanted*."""
    health = health_pb2_grpc.HealthStub(channel)
    async for status in health.Watch(health_pb2.HealthCheckRequest()):
        if status.status == wanted:
            return
