"""How commands reach the gateway: `connect`, with what the options before the command say."""

import os
from pathlib import Path
from typing import Annotated

import typer

from triptych.cli.output import EXIT_BAD_INPUT, fail, text_of
from triptych.client import Client

KEY_VARIABLE = "TRIPTYCH_API_KEY"

_told: dict[str, str] = {}


def options(
    tls_ca: Annotated[
        str,
        typer.Option(
            help="PEM file of the CAs of which the gateway must show a certificate; without: no TLS.",
            envvar="TRIPTYCH_TLS_CA",
        ),
    ] = "",
    tls_cert: Annotated[
        str, typer.Option(help="PEM file of a certificate to show the gateway.", envvar="TRIPTYCH_TLS_CERT")
    ] = "",
    tls_key: Annotated[
        str, typer.Option(help="PEM file of its private key.", envvar="TRIPTYCH_TLS_KEY")
    ] = "",
    api_key_file: Annotated[
        str,
        typer.Option(
            help="File with the API key; TRIPTYCH_API_KEY has it itself. Never an argument: others can read those.",
            envvar="TRIPTYCH_API_KEY_FILE",
        ),
    ] = "",
) -> None:
    """Find products by what a customer writes, shows or says."""
    _told.update(tls_ca=tls_ca, tls_cert=tls_cert, tls_key=tls_key, api_key_file=api_key_file)


def connect(address: str) -> Client:
    """Return a client of the gateway at *address*.

    Raises:
        OSError: a file that the options name cannot be used.
    """
    key_file = _told.get("api_key_file", "")
    key = text_of(Path(key_file)) if key_file else os.environ.get(KEY_VARIABLE, "")
    try:
        return Client(
            address,
            api_key=key.strip(),
            tls_ca=_told.get("tls_ca", ""),
            tls_cert=_told.get("tls_cert", ""),
            tls_key=_told.get("tls_key", ""),
        )
    except ValueError as error:
        raise fail(str(error), EXIT_BAD_INPUT) from error
