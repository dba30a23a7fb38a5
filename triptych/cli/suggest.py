"""`triptych suggest`: what somebody who types may mean."""

from typing import Annotated

import typer

from triptych.cli.connection import connect
from triptych.cli.options import Address, AsJson, Catalog, Timeout
from triptych.cli.output import errors_as_lines, out, print_json
from triptych.v1 import product_search_service_pb2 as pb


def suggest(
    text: Annotated[str, typer.Argument(help="What was typed so far.")],
    limit: Annotated[int, typer.Option(min=1, max=50, help="How many suggestions at most.")] = 10,
    catalog: Catalog = "default",
    address: Address = "localhost:7100",
    timeout_s: Timeout = 10.0,
    as_json: AsJson = False,
) -> None:
    """Complete what a customer is typing, by words that products have."""
    with errors_as_lines(), connect(address) as client:
        found = client.suggest(text, catalog=catalog, limit=limit, timeout_s=timeout_s)
    if as_json:
        print_json(pb.SuggestQueriesResponse(suggestions=found))
        return
    for each in found:
        out.print(f"{each.text}  ({each.product_count})", soft_wrap=True)
