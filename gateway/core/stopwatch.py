"""How long each stage of a request took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from triptych.vocabulary.spans import span


class Stopwatch:
    """Collects (stage, seconds) in the order in which the stages began."""

    def __init__(self) -> None:
        self._stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what happens inside as the stage *name*."""
        started = time.perf_counter()
        self._stages[name] = 0.0
        try:
            with span(f"stage.{name}"):
                yield
        finally:
            self._stages[name] = time.perf_counter() - started

    def stages(self) -> tuple[tuple[str, float], ...]:
        """Return (stage, seconds) of every stage so far."""
        return tuple(self._stages.items())
