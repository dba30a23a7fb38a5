"""`triptych events`: what customers did, as data to learn from."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from triptych.cli import event_files
from triptych.cli.connection import connect
from triptych.cli.options import Address, Catalog, Timeout
from triptych.cli.output import errors_as_lines, out
from triptych.v1 import feedback_service_pb2 as pb

app = typer.Typer(name="events", help="What customers did with what they were shown.", no_args_is_help=True)


class Form(StrEnum):
    """What the file is for."""

    LETOR = "letor"
    JUDGEMENTS = "judgements"


@app.command()
def export(
    to: Annotated[Path, typer.Option(help="The file to write.")],
    form: Annotated[
        Form, typer.Option("--as", help="letor for `triptych train-ranker`, judgements for `calibrate`.")
    ] = Form.LETOR,
    catalog: Catalog = "default",
    address: Address = "localhost:7100",
    timeout_s: Timeout = 60.0,
) -> None:
    """Write the searches of which an event was recorded, with a judgement of each product that was shown."""
    with errors_as_lines(), connect(address) as client:

        def answers() -> Iterator[pb.ShownAnswer]:
            return client.events(catalog=catalog, page_size=1000, timeout_s=timeout_s)

        if form is Form.JUDGEMENTS:
            count = event_files.write_judgements(answers(), to)
            out.print(f"{count} searches")
            return
        # Which features there are is known at the end only, and all of it need not fit into memory.
        names = event_files.features_of(answers())
        count = event_files.write_letor(answers(), names, to)
    out.print(f"{count} searches")
    out.print(f"--features {','.join(names)}", soft_wrap=True)
