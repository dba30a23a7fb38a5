"""`triptych update`: some fields of a product."""

import json
from typing import Annotated, Any

import typer
from google.protobuf.json_format import ParseDict, ParseError

from triptych.cli.connection import connect
from triptych.cli.options import Address, AsJson, Catalog, Timeout
from triptych.cli.output import EXIT_BAD_INPUT, errors_as_lines, fail, out, print_json
from triptych.cli.product_files import one_line
from triptych.v1 import types_pb2

NANOS = 10**9
ATTRIBUTE = "attributes."

Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="price=7.50 or price='7.50 EUR', in_stock=true, title='red mug', attributes.colour=red. May be repeated.",
    ),
]
Unset = Annotated[list[str] | None, typer.Option(metavar="FIELD", help="Empty a field. May be repeated.")]
Time = Annotated[
    str, typer.Option("--time", help="When it changed, such as 2026-05-31T12:00:00Z: later changes stay.")
]
IfEtag = Annotated[str, typer.Option(help="Only if the product has this etag; `triptych get` shows it.")]
AllowMissing = Annotated[bool, typer.Option("--allow-missing", help="Make the product if there is none.")]
RequestId = Annotated[str, typer.Option(help="A name for this change: under the same it is made once.")]


def update(
    product_id: Annotated[str, typer.Argument(metavar="ID")],
    set_: Set = None,
    unset: Unset = None,
    time: Time = "",
    if_etag: IfEtag = "",
    allow_missing: AllowMissing = False,
    request_id: RequestId = "",
    catalog: Catalog = "default",
    address: Address = "localhost:7100",
    timeout_s: Timeout = 10.0,
    as_json: AsJson = False,
) -> None:
    """Set fields of a product and leave the others as they are."""
    fields = [assignment(each) for each in set_ or []]
    product = product_of(product_id, fields, time)
    product.etag = if_etag
    paths = [*(name for name, _ in fields), *(unset or [])]
    if not paths:
        raise fail("say what to --set or to --unset", EXIT_BAD_INPUT)
    with errors_as_lines(), connect(address) as client:
        response = client.update(
            product,
            paths,
            catalog=catalog,
            allow_missing=allow_missing,
            request_id=request_id,
            timeout_s=timeout_s,
        )
    if as_json:
        print_json(response)
        return
    kept = ", ".join(response.superseded_paths)
    told = "nothing written: newer is there" if response.superseded else f"etag {response.etag}"
    out.print(told + (f", newer there: {kept}" if kept and not response.superseded else ""), soft_wrap=True)


def assignment(text: str) -> tuple[str, str]:
    """Return the field and the value of "price=7.50"."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise fail(f"--set {text}: a field is set as FIELD=VALUE", EXIT_BAD_INPUT)
    return name, value


def product_of(product_id: str, fields: list[tuple[str, str]], time: str) -> types_pb2.Product:
    """Return a product of those fields."""
    content: dict[str, Any] = {"id": product_id}
    for name, value in fields:
        if name.startswith(ATTRIBUTE):
            content.setdefault("attributes", {})[name.removeprefix(ATTRIBUTE)] = read(value)
        else:
            content[name] = money(value) if name == "price" else read(value)
    if time:
        content["update_time"] = time
    try:
        return ParseDict(content, types_pb2.Product())
    except ParseError as error:
        raise fail(f"--set or --time: {one_line(error)}", EXIT_BAD_INPUT) from error


def read(value: str) -> Any:
    """Return "true", "5" or '["a", "b"]' as what they are in JSON, and all else as text."""
    try:
        found = json.loads(value)
    except ValueError:
        return value
    # Titles that are numbers are texts all the same; the schema says so where it matters.
    return found if isinstance(found, bool | int | float | list) else value


def money(value: str) -> Any:
    """Return "7.50" or "7.50 EUR" as a google.type.Money in JSON."""
    amount, _, currency = value.partition(" ")
    try:
        total = round(float(amount) * NANOS)
    except (ValueError, OverflowError) as error:
        raise fail(f"--set price={value}: a price is 7.50 or 7.50 EUR", EXIT_BAD_INPUT) from error
    # Both parts have the sign of the whole.
    units = abs(total) // NANOS * (1 if total >= 0 else -1)
    return {"currency_code": currency.strip(), "units": units, "nanos": total - units * NANOS}
