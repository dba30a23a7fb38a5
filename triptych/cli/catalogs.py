"""`triptych catalog …` and `triptych check`: catalogues as wholes."""

from typing import Annotated

import typer
from rich.table import Table

from triptych.cli.connection import connect
from triptych.cli.options import Address, AsJson, Catalog, Timeout
from triptych.cli.output import EXIT_FAILED, errors_as_lines, out, print_json
from triptych.v1 import catalog_service_pb2 as pb
from triptych.v1 import maintenance_service_pb2 as maintenance_pb
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
    out.print(
        f"[bold]{found.product_count}[/] products, vectors of {found.pack}, "
        f"{'calibrated' if found.calibration.curves else 'not calibrated'}",
        highlight=False,
    )
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


def check(
    catalog: Catalog = "default",
    address: Address = "localhost:7100",
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
    timeout_s: Timeout = 60.0,
    as_json: AsJson = False,
) -> None:
    """Compare vectors, words and fields of a catalogue with its records, and mend them when asked to.

    The exit code is 1 where anything is left that is not as it should be.
    """
    whole = maintenance_pb.CheckCatalogResponse()
    with errors_as_lines(), connect(address) as client:
        for page in client.check(catalog=catalog, repair=repair, timeout_s=timeout_s):
            whole.inconsistencies.extend(page.inconsistencies)
            for where, count in page.checked.items():
                whole.checked[where] += count
    if as_json:
        print_json(whole)
    else:
        print_findings(whole)
    if not all(each.repaired for each in whole.inconsistencies):
        raise typer.Exit(EXIT_FAILED)


def print_findings(found: maintenance_pb.CheckCatalogResponse) -> None:
    """Print what a check found, a line each, and how much it looked at."""
    for each in found.inconsistencies:
        kind = (
            maintenance_pb.Inconsistency.Kind.Name(each.kind).removeprefix("KIND_").replace("_", " ").lower()
        )
        space = types_pb2.SearchSpace.Name(each.space).removeprefix("SEARCH_SPACE_").lower()
        where = f" ({space} {each.view})" if each.space else ""
        out.print(
            f"{'mended' if each.repaired else 'found'}: {kind}: {each.product_id}{where}",
            highlight=False,
            markup=False,
        )
    looked = ", ".join(f"{count} {where}" for where, count in sorted(found.checked.items()) if count)
    left = sum(not each.repaired for each in found.inconsistencies)
    out.print(f"looked at {looked or 'nothing'}; {left} to mend", highlight=False)
