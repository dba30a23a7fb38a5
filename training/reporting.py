"""How a training says how far it is: bars on a terminal, lines elsewhere, curves for TensorBoard."""

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn, track

from training.contrastive.gather import is_first_process

LINE_SECONDS = 10.0
_console = Console(stderr=True)
Item = TypeVar("Item")


def say(message: str) -> None:
    """Print a line, from process 0 only."""
    if is_first_process():
        _console.print(message, highlight=False, markup=False, soft_wrap=True)


def tracked(items: Iterable[Item], total: int, what: str) -> Iterator[Item]:
    """Pass *items* on, with a bar where someone can see it."""
    hidden = not _console.is_terminal or not is_first_process()
    yield from track(items, what, total, console=_console, disable=hidden)


class Reporter:
    """The progress of one stage; a context manager.

    Args:
        stage: its name.
        steps: how many there are.
        start: how many an earlier run has made.
        logs: folder of the curves for TensorBoard; None: no curves.
    """

    def __init__(self, stage: str, steps: int, start: int = 0, logs: Path | None = None) -> None:
        self._stage, self._steps, self._first = stage, steps, start
        self._writer = _tensorboard(logs) if logs is not None and is_first_process() else None
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        self._bar = Progress(
            *columns, console=_console, disable=not _console.is_terminal or not is_first_process()
        )
        self._task = self._bar.add_task(stage, total=steps, completed=start, note="")
        self._started = self._said = time.monotonic()
        self._smooth: float | None = None

    def __enter__(self) -> "Reporter":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
        if self._writer is not None:
            self._writer.close()

    def step(self, done: int, loss: float, values: Mapping[str, float] | None = None) -> None:
        """Note one step: *done* of all, with its loss and further curves."""
        self._smooth = loss if self._smooth is None else 0.95 * self._smooth + 0.05 * loss
        self._bar.update(self._task, completed=done, note=f"loss {self._smooth:.4f}")
        self.curves(done, {"loss": loss, **(values or {})})
        now = time.monotonic()
        if not _console.is_terminal and (now - self._said > LINE_SECONDS or done == self._steps):
            self._said = now
            left = (now - self._started) / max(1, done - self._first) * (self._steps - done)
            say(f"{self._stage:7s} step {done:5d}/{self._steps}  loss {self._smooth:.4f}  {left:4.0f} s left")

    def curves(self, step: int, values: Mapping[str, float]) -> None:
        """Add points to the curves that TensorBoard shows."""
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(f"{self._stage}/{name.replace(' ', '_')}", value, step)


def _tensorboard(folder: Path) -> Any:
    """Return a writer, or None where the optional package is absent."""
    try:
        from torch.utils.tensorboard import SummaryWriter  # takes seconds, and is an extra
    except ImportError:
        if "tensorboard" not in sys.modules:
            say("no TensorBoard curves: the package tensorboard is not installed")
        return None
    return SummaryWriter(str(folder))
