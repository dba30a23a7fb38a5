"""What a training says of itself while it runs."""

import io
import itertools
from types import SimpleNamespace

import pytest
from rich.console import Console

from training import reporting
from training.reporting import Reporter


@pytest.fixture
def shown(monkeypatch):
    """Return a function that takes the place of what is written to, a terminal or not."""

    def on(*, terminal):
        written = io.StringIO()
        clock = itertools.count(step=0.01)
        console = Console(file=written, force_terminal=terminal, width=100, get_time=lambda: next(clock))
        monkeypatch.setattr(reporting, "_console", console)
        return written

    return on


def test_a_terminal_shows_a_bar_with_the_time_left(shown):
    """And the loss; what a run that is gone on with had made counts as done."""
    written = shown(terminal=True)

    with Reporter("space", steps=20, start=10) as report:
        for done in range(11, 16):
            report.step(done, 0.5)

    assert "15/20" in written.getvalue()
    assert "0:00:" in written.getvalue()
    assert "loss 0.5000" in written.getvalue()


def test_elsewhere_lines_say_the_time_left(shown, monkeypatch):
    """One in ten seconds, and a last one: half of the steps in 50 seconds leave 50."""
    clock = iter([0.0, *(10.5 * at for at in range(1, 11))])
    monkeypatch.setattr(reporting, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    written = shown(terminal=False)

    with Reporter("space", steps=10) as report:
        for done in range(1, 11):
            report.step(done, 0.25)

    lines = written.getvalue().splitlines()
    assert 10 == len(lines)
    assert "step     5/10  loss 0.2500    52 s left" in lines[4]
    assert "0 s left" in lines[-1]


def test_tensorboard_gets_the_curves(shown, tmp_path):
    """Loss and terms of every step, figures where there are some, under the stage's name."""
    events = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="the extra train is not installed"
    )
    shown(terminal=False)
    with Reporter("space", steps=3, logs=tmp_path) as report:
        for done in (1, 2, 3):
            report.step(done, 1 / done, {"temperature": 0.1})
        report.curves(3, {"image to text mrr": 0.75})

    read = events.EventAccumulator(str(tmp_path))
    read.Reload()

    assert [(1, 1.0), (2, 0.5)] == [(one.step, one.value) for one in read.Scalars("space/loss")][:2]
    assert 3 == len(read.Scalars("space/temperature"))
    assert [(3, 0.75)] == [(one.step, one.value) for one in read.Scalars("space/image_to_text_mrr")]
