"""`triptych get` and `triptych delete`: single products."""

from typing import Annotated

import typer

from triptych.cli.connection import connect
from triptych.cli.options import Address, AsJson, Catalog, Timeout
from triptych.cli.output import EXIT_BAD_INPUT, errors_as_lines, facts, fail, headed, out, price, print_json
from triptych.v1 import catalog_service_pb2 as pb


def get(
    product_id: Annotated[str, typer.Argument(metavar="ID")],
    catalog: Catalog = "default",
    address: Address = "localhost:7100",
    timeout_s: Timeout = 10.0,
    as_json: AsJson = False,
) -> None:
    """Show one product."""
    with errors_as_lines(), connect(address) as client:
        product = client.get(product_id, catalog=catalog, timeout_s=timeout_s)
    if as_json:
        print_json(pb.GetProductResponse(product=product))
        return
    shown = {
        "id": product.id,
        "title": product.title,
        "description": product.description,
        "brand": product.brand,
        "category": product.category,
        "price": price(product.price),
        "attributes": facts(product),
        "images": str(len(product.images)),
        "sounds": str(len(product.audio)),
        "etag": product.etag,
    }
    for name, value in shown.items():
        if value:
            out.print(headed(f"{name:12}", value), soft_wrap=True)


def delete(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID…")] = None,
    filter: Annotated[str, typer.Option(help="Remove every product that passes it instead.")] = "",  # noqa: A002 - as the API names it
    catalog: Catalog = "default",
    address: Address = "localhost:7100",
    timeout_s: Timeout = 60.0,
    as_json: AsJson = False,
) -> None:
    """Remove products, by their ids or by a filter."""
    if bool(ids) == bool(filter):
        raise fail("either ids or --filter is needed, not both", EXIT_BAD_INPUT)
    if filter:
        with errors_as_lines(), connect(address) as client:
            removed = client.delete_matching(filter, catalog=catalog, timeout_s=timeout_s)
        if as_json:
            print_json(pb.DeleteProductsResponse(deleted_count=removed))
            return
        out.print(f"{removed} removed")
        return
    assert ids is not None
    with errors_as_lines(), connect(address) as client:
        missing = client.delete(ids, catalog=catalog, timeout_s=timeout_s)
    if as_json:
        print_json(pb.DeleteProductsResponse(missing_ids=missing, deleted_count=len(set(ids)) - len(missing)))
        return
    not_there = f", not there: {', '.join(missing)}" if missing else ""
    out.print(f"{len(set(ids)) - len(missing)} removed{not_there}", soft_wrap=True)
