"""`triptych recognize`: which product a photo shows."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from triptych.cli.connection import connect
from triptych.cli.options import Address, AsJson, Catalog, Timeout
from triptych.cli.output import EXIT_BAD_INPUT, errors_as_lines, fail, out, print_json
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2


def recognize(
    image: Annotated[str, typer.Argument(help="A photo: a file, or an address that the operator allowed.")],
    region: Annotated[
        str, typer.Option(help="What of it shows the product: left,top,right,bottom in shares, 0 to 1.")
    ] = "",
    matches: Annotated[int, typer.Option(min=1, max=20, help="How many products to return.")] = 5,
    catalog: Catalog = "default",
    address: Address = "localhost:7100",
    timeout_s: Timeout = 10.0,
    as_json: AsJson = False,
) -> None:
    """Say which product a photo shows: category, attributes and products, each with its probability."""
    box = box_of(region) if region else None
    with errors_as_lines(), connect(address) as client:
        response = client.recognize(
            image if "://" in image else Path(image),
            region=box,
            matches=matches,
            catalog=catalog,
            timeout_s=timeout_s,
        )
    if as_json:
        print_json(response)
        return
    show(response)


def show(response: pb.RecognizeProductResponse) -> None:
    """Print what was recognised."""
    known = f"{response.known_probability:.2f}"
    if response.nothing_like_it:
        out.print(f"nothing like it is in the catalogue (probability that there is: {known})", soft_wrap=True)
    else:
        out.print(f"known with probability {known}", soft_wrap=True)
        guesses = [("category", guess) for guess in response.categories]
        guesses += sorted(response.attributes.items(), key=lambda item: -item[1].probability)
        out.print(guesses_table(guesses))
        out.print(matches_table(response))
    if not response.calibrated:
        out.print(
            "not calibrated on this catalogue: see triptych calibrate --recognition",
            style="dim",
            soft_wrap=True,
        )


def guesses_table(guesses: list[tuple[str, pb.RecognizedValue]]) -> Table:
    """Return what the product is."""
    table = Table("what", "value", "probability")
    for name, guess in guesses:
        table.add_row(name, guess.value, f"{guess.probability:.2f}")
    return table


def matches_table(response: pb.RecognizeProductResponse) -> Table:
    """Return the products that the photo may show."""
    table = Table("id", "title", "probability", "similarity", "view")
    for match in response.matches:
        table.add_row(
            match.product.id,
            match.product.title,
            f"{match.probability:.2f}",
            f"{match.similarity:.4f}",
            str(match.best_view.index) if match.HasField("best_view") else "",
        )
    return table


def box_of(words: str) -> types_pb2.BoundingBox:
    """Return the rectangle "left,top,right,bottom"."""
    try:
        left, top, right, bottom = (float(word) for word in words.split(","))
    except ValueError as error:
        raise fail(
            f"--region {words}: four numbers are expected, left,top,right,bottom", EXIT_BAD_INPUT
        ) from error
    return types_pb2.BoundingBox(left=left, top=top, right=right, bottom=bottom)
