"""Options that several commands share."""

from typing import Annotated

import typer

Address = Annotated[str, typer.Option(help="Address of the gateway.", envvar="TRIPTYCH_ADDRESS")]
Catalog = Annotated[str, typer.Option(help="The catalogue.", envvar="TRIPTYCH_CATALOG")]
Timeout = Annotated[float, typer.Option("--timeout", help="Seconds to wait for an answer.", min=0.001)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the response in protobuf's JSON mapping.")]
