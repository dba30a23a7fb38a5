"""`triptych check`: what is kept, compared with the records of the products."""

from typing import Annotated

import typer

from triptych.cli.connection import connect
from triptych.cli.options import Address, AsJson, Catalog, Timeout
from triptych.cli.output import EXIT_FAILED, errors_as_lines, out, print_json
from triptych.client import Client
from triptych.v1 import maintenance_service_pb2 as maintenance_pb
from triptych.v1 import types_pb2


def check(
    catalog: Catalog = "default",
    address: Address = "localhost:7100",
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
    media: Annotated[
        bool,
        typer.Option(
            "--media", help="Look for kept pictures and sounds that no product of any catalogue names."
        ),
    ] = False,
    timeout_s: Timeout = 60.0,
    as_json: AsJson = False,
) -> None:
    """Compare vectors, words and fields of a catalogue with its records, or the kept media with all records.

    What differs is mended when asked to. The exit code is 1 where anything is left that is not as it should be.
    """
    with errors_as_lines(), connect(address) as client:
        is_sound = (
            check_media(client, remove=repair, timeout_s=timeout_s, as_json=as_json)
            if media
            else check_catalog(client, catalog, repair=repair, timeout_s=timeout_s, as_json=as_json)
        )
    if not is_sound:
        raise typer.Exit(EXIT_FAILED)


def check_catalog(client: Client, catalog: str, *, repair: bool, timeout_s: float, as_json: bool) -> bool:
    """Compare what is kept of *catalog* with its records, print what is found, and say whether nothing is left to mend."""
    whole = maintenance_pb.CheckCatalogResponse()
    for page in client.check(catalog=catalog, repair=repair, timeout_s=timeout_s):
        whole.inconsistencies.extend(page.inconsistencies)
        for where, count in page.checked.items():
            whole.checked[where] += count
    if as_json:
        print_json(whole)
    else:
        print_findings(whole)
    return all(each.repaired for each in whole.inconsistencies)


def check_media(client: Client, *, remove: bool, timeout_s: float, as_json: bool) -> bool:
    """Compare the kept media with all products, print what is found, and say whether nothing is left to mend."""
    whole = maintenance_pb.SweepMediaResponse()
    for page in client.sweep_media(remove=remove, timeout_s=timeout_s):
        whole.product_count += page.product_count
        whole.removed_count += page.removed_count
        whole.unnamed_content_ids.extend(page.unnamed_content_ids)
        whole.lost_content_ids.extend(page.lost_content_ids)
    if as_json:
        print_json(whole)
    else:
        for what, ids in (
            ("removed: no product names it" if remove else "no product names it", whole.unnamed_content_ids),
            ("not kept any more, store its products again", whole.lost_content_ids),
        ):
            for each in ids:
                out.print(f"{what}: {each}", soft_wrap=True)
        left = len(whole.unnamed_content_ids) - whole.removed_count + len(whole.lost_content_ids)
        out.print(f"looked at {whole.product_count} products; {left} media to mend")
    return whole.removed_count == len(whole.unnamed_content_ids) and not whole.lost_content_ids


def print_findings(found: maintenance_pb.CheckCatalogResponse) -> None:
    """Print what a check found, a line each, and how much it looked at."""
    for each in found.inconsistencies:
        kind = (
            maintenance_pb.Inconsistency.Kind.Name(each.kind).removeprefix("KIND_").replace("_", " ").lower()
        )
        space = types_pb2.SearchSpace.Name(each.space).removeprefix("SEARCH_SPACE_").lower()
        where = f" ({space} {each.view})" if each.space else ""
        how = "mended" if each.repaired else "found"
        out.print(f"{how}: {kind}: {each.product_id}{where}", soft_wrap=True)
    looked = ", ".join(f"{count} {where}" for where, count in sorted(found.checked.items()) if count)
    left = sum(not each.repaired for each in found.inconsistencies)
    out.print(f"looked at {looked or 'nothing'}; {left} to mend")
