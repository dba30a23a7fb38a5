"""`triptych recommend`: what a customer may want next, from what he did."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from triptych.cli.connection import connect
from triptych.cli.options import Address, AsJson, Catalog, Timeout
from triptych.cli.output import EXIT_BAD_INPUT, errors_as_lines, fail, out, price, print_json, text_of
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

TYPES = {
    name.removeprefix("EVENT_TYPE_").lower(): number for name, number in types_pb2.EventType.items() if number
}


def recommend(
    event: Annotated[
        list[str] | None,
        typer.Option(help="TYPE:ID or TYPE:ID@TIME, such as bought:mug-7@2026-03-01; may be repeated."),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(help="JSON Lines with product_id, type and, where it is known, time (ISO 8601)."),
    ] = None,
    filter_: Annotated[
        str, typer.Option("--filter", help="Which products may be recommended; see docs/filters.md.")
    ] = "",
    include_bought: Annotated[
        bool, typer.Option("--include-bought", help="Also what the customer bought before.")
    ] = False,
    half_life_days: Annotated[
        float | None, typer.Option(min=0.001, help="The age at which an event counts one half.")
    ] = None,
    diversity_lambda: Annotated[
        float | None, typer.Option(min=0, max=1, help="Likeness against diversity.")
    ] = None,
    as_of: Annotated[str, typer.Option(help="The time that ages are counted to, ISO 8601.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many products.")] = 10,
    catalog: Catalog = "default",
    address: Address = "localhost:7100",
    timeout_s: Timeout = 10.0,
    as_json: AsJson = False,
) -> None:
    """Recommend products from what a customer viewed, clicked, carted, bought or disliked; popular ones without any."""
    with errors_as_lines(), connect(address) as client:
        response = client.recommend(
            [*map(parsed, event or []), *(read_events(events) if events else ())],
            catalog=catalog,
            filter=filter_,
            page_size=limit,
            include_bought=include_bought,
            half_life_s=half_life_days * 86_400 if half_life_days else None,
            diversity_lambda=diversity_lambda,
            as_of=moment(as_of, "--as-of") if as_of else None,
            timeout_s=timeout_s,
        )
    if as_json:
        print_json(response)
        return
    out.print(recommendations_table(response) if response.results else "nothing to recommend")
    shares = ", ".join(f"{each.product_id} {each.weight:.0%}" for each in response.interests) or "none"
    out.print(f"events used {response.events_used} · interests {shares}", style="dim", soft_wrap=True)


def parsed(word: str) -> pb.CustomerEvent:
    """Return the event that TYPE:ID or TYPE:ID@TIME says."""
    kind, _, rest = word.partition(":")
    product_id, at, time = rest.rpartition("@")
    if at and is_moment(time):
        return customer_event(f"--event {word}", kind, product_id, time)
    return customer_event(f"--event {word}", kind, rest)


def read_events(path: Path) -> Iterator[pb.CustomerEvent]:
    """Yield the events in a file of JSON Lines."""
    for number, line in enumerate(text_of(path).split("\n"), start=1):
        if line.strip():
            yield event_of(line, f"{path}:{number}")


def event_of(line: str, where: str) -> pb.CustomerEvent:
    """Return the event of one line."""
    try:
        row = json.loads(line)
    except ValueError as error:
        raise fail(f"{where}: no JSON: {error}", EXIT_BAD_INPUT) from error
    if not isinstance(row, dict) or not isinstance(row.get("product_id"), str):
        raise fail(f"{where}: an event has a product_id and a type", EXIT_BAD_INPUT)
    return customer_event(where, str(row.get("type", "")), row["product_id"], str(row.get("time") or ""))


def customer_event(where: str, kind: str, product_id: str, time: str = "") -> pb.CustomerEvent:
    """Return an event; *where* is named when a word of it is wrong."""
    number = TYPES.get(kind.lower().removeprefix("event_type_"))
    if number is None:
        raise fail(f"{where}: there is no type {kind!r}; types are {', '.join(TYPES)}", EXIT_BAD_INPUT)
    made = pb.CustomerEvent(product_id=product_id, type=types_pb2.EventType.ValueType(number))
    if time:
        made.time.FromDatetime(moment(time, where))
    return made


def moment(text: str, where: str) -> datetime:
    """Return an ISO 8601 time, in UTC where it names no zone."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise fail(f"{where}: {text!r} is no time such as 2026-03-01T12:30:00Z", EXIT_BAD_INPUT) from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def is_moment(text: str) -> bool:
    """Return whether *text* is an ISO 8601 time."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def recommendations_table(response: pb.RecommendProductsResponse) -> Table:
    """Return the recommended products as a table."""
    table = Table("#", "score", "id", "title", "price", "because")
    for rank, item in enumerate(response.results, start=1):
        why = pb.Recommendation.Reason.Name(item.reason).removeprefix("REASON_").lower()
        like = f" in {response.interests[item.interest].product_id}" if item.HasField("interest") else ""
        product = item.product
        cells: Iterable[str] = (product.id, product.title, price(product.price), why + like)
        table.add_row(str(rank), f"{item.score:.4f}", *cells)
    return table
