"""From a room to a collector that takes its spans, refuses them, is silent or away."""

import asyncio
import contextlib
import socket

import pytest

from tests.collector import collecting
from triptych.runtime.settings import ServerSettings
from triptych.runtime.tracing import exporting
from triptych.runtime.tracing.switch import tracing
from triptych.vocabulary import spans

# A room that hung would hang for OpenTelemetry's half a minute.
LONG_S = 8


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """A room that waits for its collector for a moment only."""
    monkeypatch.setattr(exporting, "STOP_S", 0.5)


def serve(requests: int) -> list[str]:
    """Have the spans of *requests* made; their traces."""
    tracer, traces = spans.installed(), []
    for _ in range(requests):
        with tracer.served("triptych.v1.X/Y", {}):
            traces.append(spans.trace_id())
            with spans.span("stage.search"):
                pass
    return traces


@contextlib.contextmanager
def silent():
    """A collector that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


async def test_spans_arrive_the_last_ones_too():
    """What is left when a room stops is sent, under the room's name."""
    with collecting() as collector:
        async with tracing("ranker", ServerSettings(tracing_endpoint=collector.address)):
            (trace,) = serve(1)

        arrived = collector.trace(trace)

    assert {("triptych-ranker", "triptych.v1.X/Y"), ("triptych-ranker", "stage.search")} == {
        (span.service, span.name) for span in arrived
    }


async def test_a_ratio_of_nothing_sends_nothing():
    """Requests have ids for their log lines, and no spans."""
    with collecting() as collector:
        settings = ServerSettings(tracing_endpoint=collector.address, tracing_ratio=0)
        async with tracing("ranker", settings):
            traces = serve(20)

        assert [[]] * 20 == [collector.trace(trace) for trace in traces]
    assert 20 == len({*traces})


async def test_a_collector_that_is_away_holds_nobody_up():
    """Spans are made and thrown away, more than the queue holds; the room stops in its time."""
    async with asyncio.timeout(LONG_S):
        async with tracing("ranker", ServerSettings(tracing_endpoint="http://127.0.0.1:9")):
            traces = serve(5_000)

    assert 5_000 == len(traces)
    assert spans.installed() is None


async def test_a_silent_collector_holds_nobody_up():
    """Not even one that takes the connection."""
    with silent() as address:
        async with asyncio.timeout(LONG_S):
            async with tracing("ranker", ServerSettings(tracing_endpoint=address)):
                serve(1_000)
                await asyncio.sleep(0.1)

    assert spans.installed() is None


async def test_without_an_address_nothing_traces():
    """A span is nothing then."""
    async with tracing("ranker", ServerSettings()):
        with spans.span("stage.search"):
            spans.note(results=1)

        assert (None, "", ()) == (spans.installed(), spans.trace_id(), spans.carried())
