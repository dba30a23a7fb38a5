"""A collector of OpenTelemetry that keeps what it is sent, for tests to look at."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as pb
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as pb_grpc


@dataclass(frozen=True)
class Sent:
    """A span as it arrived; ids in hexadecimal digits."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    links: tuple[str, ...]
    attributes: dict[str, object]
    is_error: bool


class Collector(pb_grpc.TraceServiceServicer):
    """Keeps the spans that it is sent."""

    def __init__(self) -> None:
        self.address = ""
        self._spans: list[Sent] = []
        self._lock = threading.Lock()

    def Export(self, request: pb.ExportTraceServiceRequest, context) -> pb.ExportTraceServiceResponse:
        """Take spans."""
        new = [sent for each in request.resource_spans for sent in spans_of(each)]
        with self._lock:
            self._spans += new
        return pb.ExportTraceServiceResponse()

    def trace(self, trace: str) -> list[Sent]:
        """What has arrived of a trace."""
        with self._lock:
            return [span for span in self._spans if span.trace == trace]

    def wait(self, trace: str, until: Callable[[list[Sent]], bool], timeout_s: float = 30) -> list[Sent]:
        """The spans of *trace* once *until* holds of them, or as they are when time is up."""
        end = time.monotonic() + timeout_s
        while not until(self.trace(trace)) and time.monotonic() < end:
            time.sleep(0.1)
        return self.trace(trace)


def spans_of(message) -> Iterator[Sent]:
    service = attributes_of(message.resource)["service.name"]
    for scope in message.scope_spans:
        for span in scope.spans:
            yield Sent(
                service,
                span.name,
                span.trace_id.hex(),
                span.span_id.hex(),
                span.parent_span_id.hex(),
                tuple(link.trace_id.hex() for link in span.links),
                attributes_of(span),
                span.status.code == span.status.STATUS_CODE_ERROR,
            )


def attributes_of(message) -> dict[str, object]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in message.attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens at its `address`, "http://host:port"."""
    collector = Collector()
    server = grpc.server(ThreadPoolExecutor(2))
    pb_grpc.add_TraceServiceServicer_to_server(collector, server)
    collector.address = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(0).wait()
