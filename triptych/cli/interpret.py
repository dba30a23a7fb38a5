"""`triptych describe` and `triptych transcribe`: what a picture shows, what is said in a sound."""

from pathlib import Path
from typing import Annotated

import typer

from triptych.cli.connection import connect
from triptych.cli.heard import constraint_words
from triptych.cli.options import Address, AsJson, Timeout
from triptych.cli.output import errors_as_lines, out, print_json


def describe(
    image: Annotated[str, typer.Argument(help="A picture: a file, or an address that the operator allowed.")],
    address: Address = "localhost:7100",
    timeout_s: Timeout = 10.0,
    as_json: AsJson = False,
) -> None:
    """Say in a sentence what a picture shows."""
    with errors_as_lines(), connect(address) as client:
        response = client.describe(_source(image), timeout_s=timeout_s)
    if as_json:
        print_json(response)
        return
    out.print(response.description, soft_wrap=True)
    out.print(f"confidence {response.confidence:.2f}", style="dim")


def transcribe(
    audio: Annotated[str, typer.Argument(help="A sound: a file, or an address that the operator allowed.")],
    address: Address = "localhost:7100",
    timeout_s: Timeout = 10.0,
    as_json: AsJson = False,
) -> None:
    """Write down what is said in a sound, and what of it was understood."""
    with errors_as_lines(), connect(address) as client:
        response = client.transcribe(_source(audio), timeout_s=timeout_s)
    if as_json:
        print_json(response)
        return
    out.print(response.transcript or "nothing understood", soft_wrap=True)
    understood = ", ".join(constraint_words(response.constraints))
    how_sure = f"confidence {response.confidence:.2f}{' · ' * bool(understood)}{understood}"
    out.print(how_sure, style="dim", soft_wrap=True)


def _source(given: str) -> str | Path:
    return given if "://" in given else Path(given)
