"""Progress bars: one look for all commands."""

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from triptych.cli.output import err


def bar(*before_time: ProgressColumn, after_time: tuple[ProgressColumn, ...] = ()) -> Progress:
    """Return a bar with how many of how many, and the time left, among columns of the command's own; none where nobody looks."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        *before_time,
        TimeRemainingColumn(),
        *after_time,
        console=err,
        disable=not err.is_terminal,
    )
