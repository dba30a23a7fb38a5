"""Triton's errors in our own terms."""

import grpc
import numpy as np
import pytest
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

from tests.certificates import Authority
from triptych.runtime.security.doors import bind
from triptych.runtime.security.tls import PLAIN
from triptych.runtime.triton import ModelFacts, infer, map_triton_errors, open_triton
from triptych.vocabulary.choices import SimilarityMetric
from triptych.vocabulary.errors import DeadlineExceeded, Internal, TriptychError, Unavailable

AWAY = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.CANCELLED}


@pytest.mark.parametrize("code", grpc.StatusCode)
def test_every_code(code):
    """Each of gRPC's codes becomes an error of ours that says nothing of the inside."""
    expected = Unavailable if code in AWAY else Internal
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        expected = DeadlineExceeded

    with pytest.raises(TriptychError) as raised, map_triton_errors():
        raise InferenceServerException("secret", status=str(code))

    assert expected is type(raised.value)
    assert "secret" not in raised.value.message


def test_client_side_error():
    """What Triton's client refuses by itself carries no code, and is a fault of ours."""
    with pytest.raises(Internal), map_triton_errors():
        raise InferenceServerException("shape")


def test_a_model_whose_process_died():
    """Triton starts another one: until then it is away."""
    said = "Failed to process the request(s), message: Stub process 'text_encoder_0_0' is not healthy."
    with pytest.raises(Unavailable), map_triton_errors():
        raise InferenceServerException(said, status=str(grpc.StatusCode.INTERNAL))


class FailingClient:
    """Fails with a code, and then says whether the model is ready, or nothing any more."""

    def __init__(self, ready):
        self.ready = ready

    async def infer(self, *_, **__):
        raise InferenceServerException("stream removed", status=str(grpc.StatusCode.UNKNOWN))

    async def is_model_ready(self, *_, **__):
        if self.ready is None:
            raise InferenceServerException("refused", status=str(grpc.StatusCode.UNAVAILABLE))
        return self.ready


@pytest.mark.parametrize(("ready", "expected"), [(True, Internal), (False, Unavailable), (None, Unavailable)])
async def test_a_triton_that_is_gone_after_a_failure(ready, expected):
    """A call that Triton's end broke off is no fault of the call, whatever its code."""
    with pytest.raises(TriptychError) as raised:
        await infer(FailingClient(ready), "text_encoder", {"TEXT": np.zeros((1, 1))}, "VECTOR")

    assert expected is type(raised.value)
    assert raised.value.__cause__ is not None


def test_facts():
    """Space and version are read from a model's parameters; cosine unless it says otherwise."""
    parameters = {"version": "1", "space": "demo-1/image", "dimension": "256", "unit_length": "true"}
    plain = ModelFacts("image_encoder", parameters, 64, {})
    other = ModelFacts("image_encoder", {**parameters, "metric": "euclidean", "unit_length": "false"}, 64, {})

    assert ("demo-1/image", 256, SimilarityMetric.COSINE, True) == (
        plain.space.id,
        plain.space.dimension,
        plain.space.metric,
        plain.space.unit_length,
    )
    assert (SimilarityMetric.EUCLIDEAN, False) == (other.space.metric, other.space.unit_length)
    assert ("image_encoder", "1", "demo-1/image") == (
        plain.version.name,
        plain.version.version,
        plain.version.space,
    )


class LiveTriton(service_pb2_grpc.GRPCInferenceServiceServicer):
    """Says that it lives."""

    async def ServerLive(self, request, context):
        return service_pb2.ServerLiveResponse(live=True)


async def test_tls(tmp_path, free_port):
    """Triton shows a certificate of our CA and is shown one; a Triton of another CA is not spoken to."""
    ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    server = grpc.aio.server()
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(LiveTriton(), server)
    bind(server, "127.0.0.1", free_port, ours.issue("127.0.0.1"))
    await server.start()
    address = f"127.0.0.1:{free_port}"

    async with open_triton(address, ours.issue("encoder")) as client:
        assert await client.is_server_live(client_timeout=5)
    for tls in (theirs.issue("encoder"), PLAIN):
        async with open_triton(address, tls) as client:
            with pytest.raises(Unavailable), map_triton_errors():
                await client.is_server_live(client_timeout=5)
    await server.stop(None)
