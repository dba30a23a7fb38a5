"""From spans to a collector: in a thread of its own, from a bounded queue that drops when it is full.

What is not set here comes from OpenTelemetry's own variables: OTEL_EXPORTER_OTLP_HEADERS, OTEL_BSP_MAX_QUEUE_SIZE …
"""

import os
import socket
import threading
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from triptych.runtime.tracing.tracer import OtelTracer

# How long a room that stops waits for a collector that takes its last spans; one that is away must not hold it up.
STOP_S = 2.0
# Nothing that a client sends makes a span large.
LIMITS = SpanLimits(max_attributes=32, max_attribute_length=128, max_links=32, max_events=0)


def provider_of(room: str, ratio: float) -> TracerProvider:
    """Return what makes the spans of *room*: of every trace that its caller samples, of *ratio* of those that begin here."""
    resource = Resource.create(
        {
            "service.namespace": "triptych",
            "service.name": f"triptych-{room}",
            "service.version": version("triptych"),
            "service.instance.id": f"{socket.gethostname()}-{os.getpid()}",
        }
    )
    return TracerProvider(
        ParentBased(TraceIdRatioBased(ratio)), resource, shutdown_on_exit=False, span_limits=LIMITS
    )


class Exporting:
    """Sends the spans of *room* to the collector at *endpoint*, "http://host:port", or with https by TLS."""

    def __init__(self, room: str, endpoint: str, ratio: float) -> None:
        self._exporter: SpanExporter = OTLPSpanExporter(
            endpoint=endpoint, insecure=endpoint.startswith("http:")
        )
        self._provider = provider_of(room, ratio)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self.tracer = OtelTracer(self._provider)

    def stop(self) -> None:
        """Send what is left, as long as that takes at most `STOP_S`."""
        last = threading.Thread(target=self._provider.shutdown, daemon=True)
        last.start()
        last.join(STOP_S)
        if last.is_alive():
            # Breaks off what it is trying.
            self._exporter.shutdown()
