"""Spans by OpenTelemetry."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import (
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    format_trace_id,
    get_current_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from triptych.runtime.errors import code_name
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.spans import Mark, Value

_NOTHING = nullcontext()
_propagator = TraceContextTextMapPropagator()

# Those of a caller's mistakes, and of one who left, are not the server's.
SERVER_ERRORS = frozenset(
    {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}
)


class OtelTracer:
    """Makes spans by *provider*: below those of a server, and only where these are sampled."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("triptych")

    def span(self, name: str, attributes: dict[str, Value], *, calls: bool) -> AbstractContextManager[object]:
        """Return a child of the current span; nothing outside of a request, or where that is not sampled."""
        if not get_current_span().is_recording():
            return _NOTHING
        return self._child(name, named(attributes), SpanKind.CLIENT if calls else SpanKind.INTERNAL)

    @contextmanager
    def _child(self, name: str, attributes: Mapping[str, Value], kind: SpanKind) -> Iterator[None]:
        with self._tracer.start_as_current_span(
            name, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as child:
            try:
                yield
            # One that was cancelled too: nobody waits for it any more.
            except BaseException as error:
                _tell(child, error)
                raise

    @contextmanager
    def served(self, method: str, metadata: Mapping[str, str]) -> Iterator[None]:
        """Make the span of a call of *method* ("package.Service/Method"), under its caller's where *metadata* names one."""
        parent = _propagator.extract(metadata, context=Context())
        with self._tracer.start_as_current_span(
            method,
            parent,
            kind=SpanKind.SERVER,
            attributes={"rpc.system.name": "grpc", "rpc.method": method},
            record_exception=False,
            set_status_on_exception=False,
        ):
            yield

    def note(self, attributes: dict[str, Value]) -> None:
        """See `triptych.vocabulary.spans`."""
        get_current_span().set_attributes(named(attributes))

    def fail(self, error: TriptychError) -> None:
        """Blame the server's span for what is the server's fault."""
        current, code = get_current_span(), code_name(error)
        current.set_attribute("error.type", error.reason)
        if code in SERVER_ERRORS:
            current.set_status(StatusCode.ERROR, code)

    def carried(self) -> tuple[tuple[str, str], ...]:
        """Return traceparent, and tracestate where the caller sent one; of baggage nothing is passed on."""
        carrier: dict[str, str] = {}
        _propagator.inject(carrier)
        return tuple(carrier.items())

    def trace_id(self) -> str:
        """See `triptych.vocabulary.spans`."""
        context = get_current_span().get_span_context()
        return format_trace_id(context.trace_id) if context.is_valid else ""

    def mark(self) -> Mark | None:
        """See `triptych.vocabulary.spans`."""
        context = get_current_span().get_span_context()
        return context if context.trace_flags.sampled else None

    def link(self, marks: list[Mark]) -> None:
        """See `triptych.vocabulary.spans`."""
        current = get_current_span()
        own = current.get_span_context().trace_id
        for each in marks:
            if isinstance(each, SpanContext) and each.trace_id != own:
                current.add_link(each)


def named(attributes: Mapping[str, Value]) -> dict[str, Value]:
    """Return *attributes* under their full names."""
    return {key if "." in key else f"triptych.{key}": value for key, value in attributes.items()}


def _tell(span: Span, error: BaseException) -> None:
    """Tell how *span* failed: by code and reason. What an error says may quote the request."""
    if isinstance(error, TriptychError):
        span.set_attribute("error.type", error.reason)
        span.set_status(StatusCode.ERROR, code_name(error))
    else:
        span.set_attribute("error.type", type(error).__qualname__)
        span.set_status(StatusCode.ERROR)
