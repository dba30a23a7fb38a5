"""Runs a room that counts nothing: `python -m bench.without_metrics gateway.main`. Only for bench.overhead to compare with.

Every way to change a metric does nothing; the endpoint is there and shows zeros.
"""

import runpy
import sys
from contextlib import nullcontext
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

WAYS = ("inc", "dec", "set", "set_function", "observe", "remove")


def nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


class Silent:
    """Stands in for a series of a metric with labels; it is not even looked up."""

    inc = dec = set = set_function = observe = staticmethod(nothing)
    time = staticmethod(nullcontext)


def switch_off() -> None:
    """Let no metric change any more."""
    silent = Silent()
    for kind in (Counter, Gauge, Histogram):
        for way in WAYS:
            if hasattr(kind, way):
                setattr(kind, way, nothing)
        kind.labels = lambda *_, **__: silent  # type: ignore[method-assign, assignment]
    Histogram.time = lambda _: nullcontext()  # type: ignore[method-assign, assignment, return-value]


if __name__ == "__main__":
    switch_off()
    runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=False)
