"""A Triton that is not there, hangs, and comes back."""

import asyncio
import io
import time

import grpc
import numpy as np
import pytest
import soundfile
from grpc_health.v1 import health_pb2
from grpc_status import rpc_status
from tritonclient.grpc import model_config_pb2, service_pb2, service_pb2_grpc

from training.demo.voices import SAMPLE_RATE_HZ, VOICES_BY_NAME, speak
from triptych.internal.v1.encoder_service_pb2 import DetectSpeechRequest, EncodePart, EncodeRequest
from triptych.runtime.errors import from_status
from triptych.v1.types_pb2 import Media

REQUEST = EncodeRequest(parts=[EncodePart(text="red shoes")])
ENCODERS = ("text_encoder", "image_encoder", "audio_encoder")
FACTS = {
    "dimension": "4",
    "unit_length": "true",
    "languages": "en",
    "height": "8",
    "width": "8",
    "resize": "fit_white",
    "sample_rate_hz": "16000",
    "seconds_max": "30",
}


class WireTriton(service_pb2_grpc.GRPCInferenceServiceServicer):
    """Speaks Triton's protocol on a port of its own; can be stopped, told to hang, and started as another version."""

    def __init__(self, port):
        self.port = port
        self.version = "1"
        self.models = ENCODERS
        self.answering = asyncio.Event()
        self.answering.set()
        self.cancelled = asyncio.Event()
        self.server = None
        self.asked = 0

    async def start(self):
        self.server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(self, self.server)
        self.server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self.server.start()

    async def stop(self):
        await self.server.stop(grace=None)

    async def ModelReady(self, request, context):
        return service_pb2.ModelReadyResponse(ready=request.name in self.models)

    async def RepositoryIndex(self, request, context):
        return service_pb2.RepositoryIndexResponse(
            models=[service_pb2.RepositoryIndexResponse.ModelIndex(name=name) for name in self.models]
        )

    async def ModelConfig(self, request, context):
        config = model_config_pb2.ModelConfig(name=request.name, max_batch_size=4)
        kind = request.name.removesuffix("_encoder")
        facts = FACTS | {"version": self.version, "space": f"wire-{self.version}/{kind}"}
        for key, value in facts.items():
            config.parameters[key].string_value = value
        return service_pb2.ModelConfigResponse(config=config)

    async def ModelInfer(self, request, context):
        self.asked += 1
        try:
            await self.answering.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        response = service_pb2.ModelInferResponse(raw_output_contents=[np.eye(1, 4, dtype="<f4").tobytes()])
        response.outputs.add(name="VECTOR", datatype="FP32", shape=[1, 4])
        return response


@pytest.fixture
async def wire(free_port):
    wire = WireTriton(free_port)
    await wire.start()
    yield wire
    await wire.stop()


async def failure(encoder, timeout_s):
    started = time.perf_counter()
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await encoder.Encode(REQUEST, timeout=timeout_s)
    return error.value.code().name, time.perf_counter() - started


async def space_once_back(encoder, wanted):
    async with asyncio.timeout(10):
        while await space_or_code(encoder) != wanted:
            await asyncio.sleep(0.02)


async def space_or_code(encoder):
    try:
        response = await encoder.Encode(REQUEST, timeout=1)
    except grpc.aio.AioRpcError as error:
        return error.code().name
    (part,) = response.parts
    return from_status(part.error).reason if part.HasField("error") else part.vector.space


async def test_without_triton_the_room_is_not_ready(serve, free_port):
    """A service that never met Triton is alive, not ready, and answers UNAVAILABLE at once."""
    async with serve(triton_url=f"127.0.0.1:{free_port}") as (encoder, health):
        assert "UNAVAILABLE" == (await failure(encoder, 5))[0]
        status = await health.Check(health_pb2.HealthCheckRequest(), timeout=5)
        assert health_pb2.HealthCheckResponse.NOT_SERVING == status.status


async def test_a_triton_that_dies_and_comes_back(serve, until_ready, wire):
    """UNAVAILABLE within the deadline while it is away; when it is back, as another version, so are the answers."""
    async with serve(triton_url=f"127.0.0.1:{wire.port}", remembered_bytes_max=0) as (encoder, health):
        await until_ready(health)
        await space_once_back(encoder, "wire-1/text")

        await wire.stop()
        code, seconds = await failure(encoder, 5)
        wire.version = "2"
        await wire.start()

        assert "UNAVAILABLE" == code
        assert seconds < 2
        await space_once_back(encoder, "wire-2/text")
        await until_ready(health)


async def test_nothing_is_remembered_of_a_triton_that_was_away(serve, until_ready, wire):
    """What came before may be answered until a check fails; from then on nothing is that the old model made."""
    async with serve(triton_url=f"127.0.0.1:{wire.port}") as (encoder, health):
        await until_ready(health)
        await space_once_back(encoder, "wire-1/text")

        await wire.stop()
        await space_once_back(encoder, "UNAVAILABLE")
        await wire.start()

        await space_once_back(encoder, "wire-1/text")
        asked = wire.asked
        assert "wire-1/text" == await space_or_code(encoder)
        assert 2 == asked == wire.asked


async def test_another_pack_without_the_modality(serve, until_ready, wire):
    """A pack switched under the room that lacks an encoder is served all the same: its parts say what is missing."""
    async with serve(triton_url=f"127.0.0.1:{wire.port}") as (encoder, health):
        await until_ready(health)
        await space_once_back(encoder, "wire-1/text")

        await wire.stop()
        wire.models = ("image_encoder",)
        await wire.start()

        await space_once_back(encoder, "MODALITY_NOT_SERVED")
        await until_ready(health)


async def test_a_triton_that_hangs(serve, until_ready, wire):
    """DEADLINE_EXCEEDED in time, and the call is cancelled in Triton too."""
    async with serve(triton_url=f"127.0.0.1:{wire.port}") as (encoder, health):
        await until_ready(health)
        wire.answering.clear()

        code, seconds = await failure(encoder, 0.5)

        assert "DEADLINE_EXCEEDED" == code
        assert seconds < 1.5
        async with asyncio.timeout(2):
            await wire.cancelled.wait()


async def test_a_caller_who_leaves(serve, until_ready, wire):
    """A call that is cancelled is cancelled in Triton too."""
    async with serve(triton_url=f"127.0.0.1:{wire.port}") as (encoder, health):
        await until_ready(health)
        wire.answering.clear()
        call = encoder.Encode(REQUEST, timeout=30)
        await asyncio.sleep(0.2)

        call.cancel()

        async with asyncio.timeout(2):
            await wire.cancelled.wait()


async def test_speech_is_told_without_triton(serve, free_port):
    """Whether somebody speaks is known with no model server; a sound that is none is refused with its field."""
    file = io.BytesIO()
    soundfile.write(file, speak("a red chair", VOICES_BY_NAME["en-us"]), SAMPLE_RATE_HZ, format="WAV")
    async with serve(triton_url=f"127.0.0.1:{free_port}") as (encoder, _):
        told = await encoder.DetectSpeech(DetectSpeechRequest(audio=Media(data=file.getvalue())), timeout=10)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await encoder.DetectSpeech(DetectSpeechRequest(audio=Media(data=b"no sound")), timeout=10)

    assert told.probability > 0.8
    error = from_status(rpc_status.from_call(refused.value))
    assert ("AUDIO_UNREADABLE", "audio.data") == (error.reason, error.field)
