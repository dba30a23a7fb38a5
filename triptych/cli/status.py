"""`triptych status`: whether every part is ready, which version it is, and how much it has to do."""

import dataclasses
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from triptych.cli.output import EXIT_BAD_INPUT, EXIT_FAILED, fail, out
from triptych.cli.suite import State, duration, suite_settings, yes

# What only the suite needs is imported by the command that uses it, as in suite.py.
if TYPE_CHECKING:
    from triptych.local.scraped import Scraped

Parts = Annotated[
    list[str],
    typer.Option(
        "--part",
        metavar="NAME=HOST:PORT",
        help="A part elsewhere, by the address of its metrics; several. Default: the local suite.",
        envvar="TRIPTYCH_PARTS",
    ),
]
SHOWN = ("name", "state", "pid", "uptime_s", "address", "version", "in_flight", "queued", "healthy")
HEADS = {
    "name": "part", "uptime_s": "up for", "in_flight": "busy", "healthy": "ready"
}  # fmt: skip


def status(
    state: State = None,
    part: Parts = [],  # noqa: B006 - typer makes a list of its own
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:
    """Show whether each part is ready, its version, and how many requests it works on; exit code 1 unless all are ready.

    Parts elsewhere are asked at their metrics: triptych status --part gateway=gateway:8100 --part triton=triton:8002
    """
    rows = remote(named(part)) if part else local(suite_settings(state))
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    else:
        out.print(table(rows))
        models = sorted({model for row in rows for model in row["models"]})
        out.print(f"models: {', '.join(models) or 'none known'}", soft_wrap=True)
    if not all(row["healthy"] for row in rows):
        raise typer.Exit(EXIT_FAILED)


def named(parts: list[str]) -> dict[str, str]:
    """Return addresses by name; what is no NAME=HOST:PORT ends the command."""
    found = {}
    for part in parts:
        name, _, address = part.partition("=")
        if not name or not address.rpartition(":")[2].isdecimal():
            raise fail(
                f"--part takes NAME=HOST:PORT, such as gateway=gateway:8100, not {part!r}", EXIT_BAD_INPUT
            )
        found[name] = address
    return found


def remote(addresses: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what each part tells on its page of metrics."""
    from triptych.local.scraped import all_scraped

    return [
        {"name": name, "address": addresses[name], **told(page), "healthy": page is not None and page.ready}
        for name, page in all_scraped(addresses).items()
    ]


def local(settings: Any) -> list[dict[str, Any]]:
    """Return how each part of the local suite fares, and what it tells."""
    from triptych.local import suite
    from triptych.local.part import address_of
    from triptych.local.parts import parts_of
    from triptych.local.scraped import all_scraped
    from triptych.local.versions import engine_versions

    states = suite.status(settings)
    running = {each.name for each in states if each.pid}
    pages = all_scraped(
        {part.name: address_of(part.other_ports[-1]) for part in parts_of(settings) if part.name in running}
    )
    versions = engine_versions(settings) if running else {}
    rows = [{**dataclasses.asdict(each), **told(pages.get(each.name))} for each in states]
    return [{**row, "version": row["version"] or versions.get(row["name"], "")} for row in rows]


def told(page: "Scraped | None") -> dict[str, Any]:
    """Return what *page* tells; nothing where there is none."""
    return {
        "version": page.version if page else "",
        "models": list(page.models) if page else [],
        "in_flight": page.in_flight if page else None,
        "queued": page.queued if page else None,
    }


def table(rows: list[dict[str, Any]]) -> Table:
    """Return *rows* as a table, with the columns that any of them has."""
    names = [name for name in SHOWN if any(row.get(name) not in {None, ""} for row in rows)]
    # Without lines between them nine columns fit into eighty characters.
    shown = Table(*(HEADS.get(name, name) for name in names), box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for row in rows:
        shown.add_row(*(cell(name, row.get(name)) for name in names))
    return shown


def cell(name: str, value: Any) -> str | Text:
    """Return *value* as people read it."""
    match name:
        case "healthy":
            return yes(value)
        case "uptime_s" | "pid" if not value:
            return ""
        case "uptime_s":
            return duration(value)
        case "state":
            return str(value).lower()
    return "" if value is None else str(value)
