"""`triptych up`, `down`: the local suite."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.live import Live
from rich.table import Table
from rich.text import Text

from triptych.cli.output import EXIT_BAD_INPUT, err, errors_as_lines, fail, out

# A client's machine has neither Milvus nor Triton, and `triptych search` must not wait for what only the suite needs:
# triptych.local is imported by the commands that use it.
if TYPE_CHECKING:
    from triptych.local.settings import SuiteSettings
    from triptych.local.suite import PartStatus

State = Annotated[Path | None, typer.Option(help="The suite's folder (TRIPTYCH_STATE; default: var/suite).")]
Models = Annotated[
    Path | None,
    typer.Option(help="A pack to serve this time (TRIPTYCH_MODEL_REPOSITORY; default: the one in use)."),
]
Next = Annotated[
    Path | None,
    typer.Option(
        "--next",
        help="A second pack to serve beside it, to which catalogues can be upgraded (TRIPTYCH_NEXT_PACK).",
    ),
]
Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait until every part is ready.")]


def up(
    state: State = None, model_repository: Models = None, next_pack: Next = None, wait_s: Wait = 120.0
) -> None:
    """Start Milvus, Triton, the four services and the gateway, and wait until they are ready."""
    from triptych.local import suite

    settings = suite_settings(state, model_repository, next_pack=next_pack)
    try:
        with errors_as_lines():
            started = suite.up(settings)
        wait_until_ready(settings, wait_s)
    except suite.SuiteError as error:
        raise fail(str(error)) from error
    address = suite.status(settings)[-1].address
    out.print(f"{'up' if started else 'already up'}: the gateway listens on {address}")


def down(state: State = None) -> None:
    """Stop the local suite. What was stored stays."""
    from triptych.local import suite

    try:
        with err.status("stopping"):
            stopped = suite.down(suite_settings(state))
    except suite.SuiteError as error:
        raise fail(str(error)) from error
    out.print("down" if stopped else "nothing was running")


def suite_settings(
    state: Path | None = None,
    model_repository: Path | None = None,
    packs: Path | None = None,
    next_pack: Path | None = None,
) -> "SuiteSettings":
    """Return the suite's settings: what was given, else the environment's, else the defaults."""
    from triptych.local.settings import SuiteSettings
    from triptych.runtime.reading import WrongSettings, read_settings

    given: dict[str, Any] = {
        "state": state,
        "model_repository": model_repository,
        "packs": packs,
        "next_pack": next_pack,
    }
    try:
        return read_settings(
            SuiteSettings, **{name: value for name, value in given.items() if value is not None}
        )
    except WrongSettings as error:
        raise fail(str(error), EXIT_BAD_INPUT) from error


def wait_until_ready(settings: "SuiteSettings", wait_s: float) -> None:
    """Show the parts until all are ready.

    Raises:
        SuiteError: they are not in time.
    """
    from triptych.local import suite

    with Live(console=err, auto_refresh=False, transient=True) as live:
        for states in suite.watch(settings, wait_s):
            live.update(status_table(states), refresh=err.is_terminal)


def status_table(states: "list[PartStatus]") -> Table:
    """Return how the parts fare as a table."""
    table = Table("part", "state", "pid", "up for", "address", "ready")
    for each in states:
        pid, uptime = (str(each.pid), duration(each.uptime_s)) if each.pid else ("", "")
        table.add_row(each.name, each.state.lower(), pid, uptime, each.address, yes(each.healthy))
    return table


def yes(is_so: bool) -> Text:
    """Return "yes" or "no", coloured."""
    return Text("yes", "green") if is_so else Text("no", "yellow")


def duration(seconds: int) -> str:
    """Return "1:02:03"."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
