"""How the command line speaks: tables on standard output, errors as one line on standard error."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import grpc
import typer
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.type.money_pb2 import Money
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from triptych.client import TriptychClientError
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

# What is printed comes from products, files and servers: no bracket or colon in it is a command to the terminal.
out = Console(markup=False, emoji=False, highlight=False)
err = Console(markup=False, emoji=False, highlight=False, stderr=True)

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
BAD_INPUT = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
}


def fail(message: str, code: int = EXIT_FAILED) -> typer.Exit:
    """Print *message* as an error; return what to raise."""
    err.print(Text.assemble(("error", "bold red"), " ", message), soft_wrap=True)
    return typer.Exit(code)


def text_of(file: Path) -> str:
    """Return what *file* holds; one that is not UTF-8 ends the command."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise fail(f"{file}: not UTF-8: {error.reason} at byte {error.start}", EXIT_BAD_INPUT) from error


@contextlib.contextmanager
def errors_as_lines() -> Iterator[None]:
    """Turn what can go wrong in a call into one line and an exit code."""
    try:
        yield
    except TriptychClientError as error:
        where = f" ({error.field})" if error.field else ""
        reason = f" {error.reason}" if error.reason not in {"", error.code.name} else ""
        code = EXIT_BAD_INPUT if error.code in BAD_INPUT else EXIT_FAILED
        raise fail(f"{error.code.name}{reason}{where}: {error.message}", code) from error
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        raise fail(f"{name}{error.strerror or error}", EXIT_BAD_INPUT) from error


def headed(head: str, rest: str) -> Text:
    """Return *head* in bold, and *rest* as it is."""
    return Text.assemble((head, "bold"), " ", rest)


def print_json(message: Message) -> None:
    """Print *message* in protobuf's JSON mapping, and nothing else."""
    typer.echo(MessageToJson(message, ensure_ascii=False))


def price(money: Money) -> str:
    """Return "12.99 EUR"."""
    return f"{money.units + money.nanos / 1e9:.2f} {money.currency_code}".strip() if money.ByteSize() else ""


def facts(product: types_pb2.Product, *, names: Iterable[str] | None = None) -> str:
    """Return the product's short attributes: "red, striped, wood"."""
    values = [
        product.attributes[name] for name in sorted(product.attributes) if names is None or name in names
    ]
    words = [value.string_value for value in values if value.WhichOneof("kind") == "string_value"]
    return ", ".join(word for word in words if cell_len(word) <= 12)


def stages_of(scores: pb.StageScores) -> str:
    """Return what the stages found: "vector 0.5120, words 2.31, popular +0.0500"."""
    found = [
        ("vector", scores.vector if scores.HasField("vector") else None),
        ("words", scores.lexical if scores.HasField("lexical") else None),
        ("rescored", scores.rescored if scores.HasField("rescored") else None),
        ("ranking", scores.ranking if scores.HasField("ranking") else None),
    ]
    told = [f"{name} {value:.4f}" for name, value in found if value is not None]
    return ", ".join(told + [f"{name} {value:+.4f}" for name, value in sorted(scores.boosts.items())])


def variants(result: pb.SearchResult) -> str:
    """Return "mug +3": the group, and how many others of it pass."""
    return f"{result.group.group_id} +{result.group.others}" if result.HasField("group") else ""


def results_table(response: pb.SearchProductsResponse, title: str = "", first: int = 1) -> Table:
    """Return the products found as a table; *first* is the place of the first."""
    rows = [
        {
            "#": str(rank),
            "score": f"{result.score:.4f}",
            "relevance": f"{result.relevance:.2f}" if result.HasField("relevance") else "",
            "exact": "yes" if result.exact_match else "",
            "id": result.product.id,
            "title": result.product.title,
            "category": result.product.category,
            "price": price(result.product.price),
            "attributes": facts(result.product),
            "view": str(result.best_view.index) if result.HasField("best_view") else "",
            "variants": variants(result),
            "stages": stages_of(result.scores),
        }
        for rank, result in enumerate(response.results, start=first)
    ]
    # Columns that no product fills would only take room.
    names = [name for name in rows[0] if any(row[name] for row in rows)] if rows else []
    table = Table(title=title, title_justify="left")
    for name in names:
        table.add_column(name, justify="right" if name in {"#", "score"} else "left", overflow="fold")
    for row in rows:
        table.add_row(*(row[name] for name in names))
    return table


def how_it_was_found(response: pb.SearchProductsResponse) -> str:
    """Return the way that was walked, how long each stage took, and which models and index answered."""
    understood = response.interpretation
    words = [pb.QueryInterpretation.Path.Name(understood.path).removeprefix("PATH_").lower()]
    if understood.fusion:
        words.append(
            types_pb2.FusionStrategy.Name(understood.fusion).removeprefix("FUSION_STRATEGY_").lower()
        )
    stages = " → ".join(
        f"{stage.stage} {stage.duration.ToNanoseconds() / 1e6:.1f} ms" for stage in response.stages
    )
    models = ", ".join(f"{model.name} {model.version}" for model in response.models) or "none"
    return f"path {' + '.join(words)} · {stages} · models {models} · index {response.index.name}"
