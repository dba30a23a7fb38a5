"""Whether a room traces: the one place that knows both answers. It imports OpenTelemetry only where the answer is yes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable

import grpc

from triptych.runtime.settings import ServerSettings
from triptych.vocabulary import spans


@contextlib.asynccontextmanager
async def tracing(room: str, settings: ServerSettings) -> AsyncIterator[None]:
    """Send the spans of *room* to the collector that *settings* name, if any, while the context is open."""
    if not settings.tracing_endpoint:
        yield
        return
    from triptych.runtime.tracing.exporting import Exporting

    exporting = Exporting(room, settings.tracing_endpoint, settings.tracing_ratio)
    spans.install(exporting.tracer)
    try:
        yield
    finally:
        spans.install(None)
        await asyncio.to_thread(exporting.stop)


def interceptors(methods: Iterable[str]) -> tuple[grpc.aio.ServerInterceptor, ...]:
    """Return what makes a span of each call of *methods*, by full name; nothing where nobody traces."""
    tracer = spans.installed()
    if tracer is None:
        return ()
    from triptych.runtime.tracing.server import TracingInterceptor
    from triptych.runtime.tracing.tracer import OtelTracer

    assert isinstance(tracer, OtelTracer)
    return (TracingInterceptor(tracer, methods),)
