"""`triptych catalog …`: catalogues as wholes."""

from typing import Annotated

import typer
from rich.table import Table

from triptych.cli.connection import connect
from triptych.cli.options import Address, AsJson
from triptych.cli.output import errors_as_lines, out, print_json
from triptych.v1 import catalog_service_pb2 as pb
from triptych.v1 import types_pb2

app = typer.Typer(name="catalog", help="Make, list, show and remove catalogues.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="CATALOG")]


@app.command("list")
def list_catalogs(address: Address = "localhost:7100", as_json: AsJson = False) -> None:
    """List the catalogues and the model packs of their vectors."""
    with errors_as_lines(), connect(address) as client:
        found = list(client.catalogs())
    if as_json:
        print_json(pb.ListCatalogsResponse(catalogs=found))
        return
    table = Table("catalogue", "pack")
    for each in found:
        table.add_row(each.catalog, each.pack)
    out.print(table)


@app.command()
def create(catalog: Name, address: Address = "localhost:7100") -> None:
    """Make an empty catalogue."""
    with errors_as_lines(), connect(address) as client:
        client.create_catalog(catalog)
    out.print(f"catalogue {catalog!r} is made")


@app.command()
def show(catalog: Name = "default", address: Address = "localhost:7100", as_json: AsJson = False) -> None:
    """Show how many products a catalogue has, in which spaces, and what they can be filtered by."""
    with errors_as_lines(), connect(address) as client:
        found = client.facts(catalog)
    if as_json:
        print_json(found)
        return
    calibrated = "calibrated" if found.calibration.curves else "not calibrated"
    out.print(f"{found.product_count} products, vectors of {found.pack}, {calibrated}")
    spaces = Table("space", "vectors", "dimension", "index")
    for each in found.spaces:
        name = types_pb2.SearchSpace.Name(each.space).removeprefix("SEARCH_SPACE_").lower()
        spaces.add_row(name, str(each.vector_count), str(each.dimension), each.index)
    out.print(spaces)
    if found.attributes:
        attributes = Table("attribute", "kinds")
        for name, kinds in sorted(found.attributes.items()):
            attributes.add_row(name, ", ".join(kinds.kinds))
        out.print(attributes)


@app.command()
def delete(
    catalog: Name,
    address: Address = "localhost:7100",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove a catalogue with all its products. This cannot be undone."""
    if not yes:
        typer.confirm(f"Remove catalogue {catalog!r} with all its products?", abort=True)
    with errors_as_lines(), connect(address) as client:
        client.delete_catalog(catalog)
    out.print(f"catalogue {catalog!r} is removed")
