"""Talking to Triton: opening a client, asking a model for its facts, running it, and its errors in our own terms.

Shared by the adapters of the rooms that call models; what a model means is theirs.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2_grpc
from tritonclient.grpc.aio import InferenceServerClient, InferInput
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from triptych.runtime.channels import RECONNECT_OPTIONS, open_channel
from triptych.runtime.context import remaining_s
from triptych.runtime.metrics import note_model
from triptych.runtime.security.tls import PLAIN, TlsFiles
from triptych.vocabulary import spans
from triptych.vocabulary.choices import SimilarityMetric
from triptych.vocabulary.errors import DeadlineExceeded, Internal, TriptychError, Unavailable
from triptych.vocabulary.vectors import ModelVersion, Space

# Asked outside of any request (warm-up, readiness), so no request's deadline bounds it.
FACTS_TIMEOUT_S = 2.0

# Naming any argument replaces Triton's own, so its unlimited message size is said again.
_CHANNEL_ARGS = (
    *RECONNECT_OPTIONS,
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # Several Tritons behind a name (a headless Service) share the load.
    ("grpc.lb_policy_name", "round_robin"),
)

# NOT_FOUND: the model is not loaded (yet). CANCELLED: by Triton, on its way down; a cancellation of ours arrives as
# asyncio.CancelledError and passes through.
_AWAY = frozenset({"StatusCode.UNAVAILABLE", "StatusCode.NOT_FOUND", "StatusCode.CANCELLED"})
# So Triton says that a model's process has ended; it starts another one.
_DIED = "is not healthy"


@dataclass(frozen=True)
class ModelFacts:
    """What a model says of itself in its configuration.

    Args:
        name: the model's name in Triton.
        parameters: the `parameters` of its config.pbtxt.
        max_batch_size: the most rows that one request may hold.
        input_dims: the shape of each input without the batch axis; -1 where any size goes.
    """

    name: str
    parameters: Mapping[str, str]
    max_batch_size: int
    input_dims: Mapping[str, tuple[int, ...]]

    @property
    def space(self) -> Space:
        """The space of the vectors that the model makes; cosine unless it says otherwise."""
        return Space(
            id=self.parameters["space"],
            dimension=int(self.parameters["dimension"]),
            metric=SimilarityMetric[self.parameters.get("metric", "cosine").upper()],
            unit_length=self.parameters["unit_length"] == "true",
        )

    @property
    def version(self) -> ModelVersion:
        """The model's name, its pack's version and its space."""
        return ModelVersion(self.name, self.parameters["version"], self.parameters["space"])


def open_triton(url: str, tls: TlsFiles = PLAIN) -> InferenceServerClient:
    """Return a client of the Triton whose gRPC address is *url* ("host:port"); call it inside the running event loop.

    Nothing is connected before the first call. Close it with `await client.close()`.

    Raises:
        OSError: a file of *tls* cannot be used.
    """
    client = InferenceServerClient(url, channel_args=list(_CHANNEL_ARGS))
    if tls.ca:
        # The client reads its files once; a certificate of a day would end with the room still running.
        client._channel = open_channel(url, tls, _CHANNEL_ARGS)  # noqa: SLF001
        client._client_stub = service_pb2_grpc.GRPCInferenceServiceStub(client._channel)  # noqa: SLF001
    return client


@contextmanager
def map_triton_errors() -> Iterator[None]:
    """Raise what Triton's client raises inside as errors of our own.

    Raises:
        Unavailable: Triton does not answer or has not loaded the model.
        DeadlineExceeded: the time ran out.
        Internal: Triton refused what we sent, or failed inside.
    """
    try:
        yield
    except InferenceServerException as error:
        raise _translated(error) from error


def _translated(error: InferenceServerException) -> TriptychError:
    if error.status() == "StatusCode.DEADLINE_EXCEEDED":
        return DeadlineExceeded()
    if error.status() in _AWAY or _DIED in (error.message() or ""):
        return Unavailable.because_of("triton")
    return Internal()


async def model_facts(
    client: InferenceServerClient, name: str, timeout_s: float = FACTS_TIMEOUT_S
) -> ModelFacts:
    """Return the facts of the model *name*, which is loaded and ready; so this is also a ping.

    Raises:
        Unavailable, DeadlineExceeded: see `map_triton_errors`; a model that is still loading is Unavailable.
    """
    with map_triton_errors():
        if not await client.is_model_ready(name, client_timeout=timeout_s):
            raise Unavailable.because_of("triton")
        response = await client.get_model_config(name, client_timeout=timeout_s)
    config = response.config
    parameters = {key: value.string_value for key, value in config.parameters.items()}
    # A network that makes no vectors has no space.
    note_model(name, ModelVersion(name, parameters.get("version", ""), parameters.get("space", "")))
    return ModelFacts(
        name=name,
        parameters=parameters,
        max_batch_size=config.max_batch_size,
        input_dims={tensor.name: tuple(tensor.dims) for tensor in config.input},
    )


async def served_facts(
    client: InferenceServerClient, name: str, timeout_s: float = FACTS_TIMEOUT_S
) -> ModelFacts | None:
    """Return the facts of the model *name*; None when the pack that Triton serves has no such model.

    Raises:
        Unavailable, DeadlineExceeded: Triton does not answer, or the model is there but not ready (yet).
    """
    try:
        return await model_facts(client, name, timeout_s)
    except Unavailable:
        with map_triton_errors():
            index = await client.get_model_repository_index(client_timeout=timeout_s)
        # An empty index is that of a server which has not looked at its pack yet.
        if not index.models or any(model.name == name for model in index.models):
            raise
        note_model(name, None)
        return None


async def infer(
    client: InferenceServerClient, model: str, inputs: Mapping[str, NDArray[Any]], output: str
) -> NDArray[Any]:
    """Run *model* on *inputs* (each with the batch axis first) within the current request's deadline.

    Returns:
        The tensor *output*, batch axis first.

    Raises:
        Unavailable, DeadlineExceeded, Internal: see `map_triton_errors`.
    """
    return (await infer_outputs(client, model, inputs, (output,)))[0]


async def infer_outputs(
    client: InferenceServerClient, model: str, inputs: Mapping[str, NDArray[Any]], outputs: Sequence[str]
) -> list[NDArray[Any]]:
    """Run *model* as `infer` does; return the tensors *outputs*, each with the batch axis first."""
    tensors = [input_tensor(name, values) for name, values in inputs.items()]
    rows = len(next(iter(inputs.values())))
    with spans.span("triton.infer", calls=True, model=model, rows=rows):
        headers = dict(spans.carried()) or None
        try:
            with map_triton_errors():
                result = await client.infer(model, tensors, client_timeout=remaining_s(), headers=headers)
        except Internal as error:
            # A Triton that is killed may end a call with any code.
            if not await _is_ready(client, model):
                raise Unavailable.because_of("triton") from error
            raise
    return [_output(model, name, result.as_numpy(name)) for name in outputs]


async def _is_ready(client: InferenceServerClient, model: str) -> bool:
    try:
        return bool(await client.is_model_ready(model, client_timeout=min(FACTS_TIMEOUT_S, remaining_s())))
    except InferenceServerException:
        return False


def _output(model: str, name: str, values: NDArray[Any] | None) -> NDArray[Any]:
    if values is None:
        raise Internal from KeyError(f"model {model} has no output {name}")
    return values


def input_tensor(name: str, values: NDArray[Any]) -> InferInput:
    """Return *values* as Triton's input *name*; strings as an array of `object` (str or bytes)."""
    tensor = InferInput(name, list(values.shape), np_to_triton_dtype(values.dtype))
    return tensor.set_data_from_numpy(np.ascontiguousarray(values))
