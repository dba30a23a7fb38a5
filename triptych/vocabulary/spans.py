"""Spans: what is done for a request, as a tree of pieces with their times, for whoever traces.

Plain Python for all code, cores too. What makes the spans is put in by triptych/runtime/tracing where tracing is on; where
it is off a span is nothing, and costs a comparison.

An attribute's name without a dot gets "triptych." in front; one with a dot is OpenTelemetry's own. Values are counts and
names out of a fixed set, ids of requests and catalogues: never a query's words, a product or a person.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from triptych.vocabulary.errors import TriptychError

Value = str | bool | int | float
Mark = object
"""A span that others can point at."""


class Tracer(Protocol):
    """What makes spans. Nothing that it does may raise, or wait."""

    def span(self, name: str, attributes: dict[str, Value], *, calls: bool) -> AbstractContextManager[object]:
        """See the function of that name, as for all others."""
        ...

    def note(self, attributes: dict[str, Value]) -> None:
        """See there."""
        ...

    def fail(self, error: TriptychError) -> None:
        """See there."""
        ...

    def carried(self) -> tuple[tuple[str, str], ...]:
        """See there."""
        ...

    def trace_id(self) -> str:
        """See there."""
        ...

    def mark(self) -> Mark | None:
        """See there."""
        ...

    def link(self, marks: list[Mark]) -> None:
        """See there."""
        ...


_NOTHING = nullcontext()
_tracer: Tracer | None = None


def install(tracer: Tracer | None) -> None:
    """Make spans by *tracer* from now on; None: make none."""
    global _tracer  # noqa: PLW0603 - a process has one, as it has one log
    _tracer = tracer


def installed() -> Tracer | None:
    """Return what makes spans, if anything does."""
    return _tracer


def span(name: str, *, calls: bool = False, **attributes: Value) -> AbstractContextManager[object]:
    """Return a context in which a piece of the current request is done; an error that leaves it is told.

    Args:
        name: what is done, of a fixed set.
        calls: whether another server does it.
        attributes: see above.
    """
    return _NOTHING if _tracer is None else _tracer.span(name, attributes, calls=calls)


def note(**attributes: Value) -> None:
    """Tell more of the current span."""
    if _tracer is not None:
        _tracer.note(attributes)


def fail(error: TriptychError) -> None:
    """Tell that the current span ends with *error*: its code and its reason, not what it says."""
    if _tracer is not None:
        _tracer.fail(error)


def carried() -> tuple[tuple[str, str], ...]:
    """Return the metadata by which a server that is called goes on with this trace."""
    return () if _tracer is None else _tracer.carried()


def trace_id() -> str:
    """Return the id of the current trace, 32 hexadecimal digits; empty where there is none."""
    return "" if _tracer is None else _tracer.trace_id()


def mark() -> Mark | None:
    """Return the current span for `link`; None where there is none."""
    return None if _tracer is None else _tracer.mark()


def link(marks: list[Mark | None]) -> None:
    """Point from the current span at those of other requests that did its work too."""
    if _tracer is not None:
        _tracer.link([each for each in marks if each is not None])
