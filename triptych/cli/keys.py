"""`triptych keys`: the gateway's file of API keys."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.table import Table

from triptych import keyring
from triptych.cli.output import EXIT_BAD_INPUT, errors_as_lines, fail, out

app = typer.Typer(
    name="keys",
    help="API keys of the gateway, in the file that TRIPTYCH_GATEWAY_KEYS_FILE names.",
    no_args_is_help=True,
)

# A thousand years: calendars end.
DAYS_MAX = 365_000

File = Annotated[
    Path,
    typer.Option(
        "--file", help="The file of keys; made by the first `create`.", envvar="TRIPTYCH_GATEWAY_KEYS_FILE"
    ),
]
Roles = Annotated[list[str], typer.Option("--role", help="search, write or admin; may be given again.")]
Catalogs = Annotated[
    list[str], typer.Option("--catalog", help='A catalogue that it may use, or "*"; may be given again.')
]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    file: File,
    roles: Roles,
    catalogs: Catalogs,
    days: Annotated[
        float | None, typer.Option(min=0, max=DAYS_MAX, help="Days until it ends; without: never.")
    ] = None,
    requests_per_second: Annotated[float | None, typer.Option(help="Its own rate.")] = None,
    requests_at_once: Annotated[int | None, typer.Option(help="Its own requests at once.")] = None,
) -> None:
    """Make a key and show it, this one time: the file has only its digest."""
    key_id, secret = keyring.new_key()
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        made = keyring.Key(
            id=key_id,
            name=name,
            sha256=keyring.digest(secret),
            roles=tuple(roles),
            catalogs=tuple(catalogs),
            created=now,
            expires=None if days is None else now + timedelta(days=days),
            requests_per_second=requests_per_second,
            requests_at_once=requests_at_once,
        )
    except ValidationError as error:
        problem = error.errors()[0]
        raise fail(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}", EXIT_BAD_INPUT) from error
    with readable():
        keyring.add(file, made)
    typer.echo(secret)


@app.command("list")
def list_keys(file: File) -> None:
    """Show the keys: never what they are, only whose."""
    with readable():
        keys = keyring.read(file).keys
    table = Table("id", "name", "roles", "catalogues", "created", "ends", "state")
    now = datetime.now(UTC)
    for key in keys:
        ends = f"{key.expires:%Y-%m-%d %H:%M}" if key.expires else "never"
        table.add_row(
            key.id,
            key.name,
            ", ".join(key.roles),
            ", ".join(key.catalogs),
            f"{key.created:%Y-%m-%d %H:%M}",
            ends,
            state_of(key, now),
        )
    out.print(table)


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID")], file: File) -> None:
    """End a key at once."""
    with readable():
        key = keyring.revoke(file, key_id) if file.exists() else None
    if key is None:
        raise fail(f"{file} has no key {key_id}", EXIT_BAD_INPUT)
    out.print(f"revoked: {key.id} ({key.name})")


def state_of(key: keyring.Key, now: datetime) -> str:
    """Return "good", "revoked" or "ended"."""
    if key.revoked is not None:
        return "revoked"
    return "ended" if key.expires is not None and key.expires <= now else "good"


@contextlib.contextmanager
def readable() -> Iterator[None]:
    """Turn a file that cannot be used into one line and an exit code."""
    with errors_as_lines():
        try:
            yield
        except ValueError as error:
            raise fail(str(error), EXIT_BAD_INPUT) from error
