"""`triptych search`: any mix of words, pictures, sounds and products."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from triptych.cli.explanations import explanation_lines, part_names
from triptych.cli.options import Address, AsJson, Catalog, Timeout
from triptych.cli.output import (
    EXIT_BAD_INPUT,
    errors_as_lines,
    fail,
    how_it_was_found,
    out,
    print_json,
    results_table,
)
from triptych.client import Client, part
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

Texts = Annotated[list[str] | None, typer.Option("--text", help="Words to look for.")]
Images = Annotated[list[Path] | None, typer.Option("--image", help="A picture file.")]
Sounds = Annotated[list[Path] | None, typer.Option("--audio", help="A sound file.")]
Likes = Annotated[list[str] | None, typer.Option("--like", help="The id of a product.")]
Weights = Annotated[
    list[str] | None,
    typer.Option(
        "--weight",
        help="How much a part counts: text=0.5, or image.2=-1 for the second picture; negative means not like this.",
    ),
]
Fusion = Annotated[str, typer.Option(help="concatenation, weighted_sum, bilinear or learned.")]
Similarity = Annotated[str, typer.Option(help="cosine or euclidean.")]
Ranking = Annotated[str, typer.Option(help="similarity or diverse.")]
Space = Annotated[str, typer.Option(help="Which vectors to search: fused, text, image or audio.")]
Limit = Annotated[int, typer.Option(min=1, max=100, help="How many products.")]
Lambda = Annotated[
    float | None, typer.Option(min=0, max=1, help="Similarity against diversity, for diverse.")
]


def search(
    text: Texts = None,
    image: Images = None,
    audio: Sounds = None,
    like: Likes = None,
    weight: Weights = None,
    fusion: Fusion = "",
    similarity: Similarity = "",
    ranking: Ranking = "",
    space: Space = "",
    diversity_lambda: Lambda = None,
    limit: Limit = 10,
    catalog: Catalog = "default",
    address: Address = "localhost:7100",
    timeout_s: Timeout = 10.0,
    as_json: AsJson = False,
) -> None:
    """Search for products: by words, pictures, sounds, products like it, or any mix of them."""
    contents: dict[str, list[Any]] = {
        "text": text or [],
        "image": image or [],
        "audio": audio or [],
        "like": like or [],
    }
    if not any(contents.values()):
        raise fail("say what to look for: --text, --image, --audio or --like", EXIT_BAD_INPUT)
    weights = parse_weights(weight or [], {name: len(values) for name, values in contents.items()})
    with errors_as_lines(), Client(address) as client:
        parts = [
            part(**{name: value}, weight=weights.get((name, place)))
            for name, values in contents.items()
            for place, value in enumerate(values, start=1)
        ]
        response = client.search(
            parts=parts,
            catalog=catalog,
            page_size=limit,
            fusion=types_pb2.FusionStrategy.ValueType(choice(types_pb2.FusionStrategy, "fusion", fusion)),
            similarity=types_pb2.SimilarityMetric.ValueType(
                choice(types_pb2.SimilarityMetric, "similarity", similarity)
            ),
            ranking=types_pb2.RankingStrategy.ValueType(
                choice(types_pb2.RankingStrategy, "ranking", ranking)
            ),
            search_space=types_pb2.SearchSpace.ValueType(choice(types_pb2.SearchSpace, "space", space)),
            diversity_lambda=diversity_lambda,
            timeout_s=timeout_s,
        )
    show(response, as_json=as_json, names=part_names(contents))


def show(response: pb.SearchProductsResponse, *, as_json: bool, names: Sequence[str] = ()) -> None:
    """Print the answer; *names* are those of the query's parts, for explanations."""
    if as_json:
        print_json(response)
        return
    out.print(results_table(response) if response.results else "nothing found")
    for line in explanation_lines(response, names):
        out.print(escape(line), highlight=False, soft_wrap=True)
    out.print(how_it_was_found(response), style="dim", soft_wrap=True)


def parse_weights(given: list[str], counts: dict[str, int]) -> dict[tuple[str, int], float]:
    """Return weights by (kind, place from 1): "image=2" weighs every picture, "image.2=-1" the second."""
    weights: dict[tuple[str, int], float] = {}
    for item in given:
        name, _, number = item.partition("=")
        kind, _, place = name.partition(".")
        if kind not in counts or (place and not (place.isdigit() and 1 <= int(place) <= counts[kind])):
            raise fail(
                f"--weight {item}: there is no part {name!r}; parts are {', '.join(counts)}", EXIT_BAD_INPUT
            )
        try:
            value = float(number)
        except ValueError as error:
            raise fail(f"--weight {item}: {number!r} is no number", EXIT_BAD_INPUT) from error
        places = [int(place)] if place else range(1, counts[kind] + 1)
        weights.update({(kind, at): value for at in places})
    return weights


def choice(enum: types_pb2.FusionStrategy | object, option: str, word: str) -> int:
    """Return the number of a choice given by its last word: "learned" → FUSION_STRATEGY_LEARNED; 0 when not given."""
    if not word:
        return 0
    names = {name.lower(): number for name, number in enum.items()}  # type: ignore[union-attr]
    prefix = next(iter(names)).removesuffix("unspecified")
    if prefix + word.lower() not in names:
        allowed = ", ".join(name.removeprefix(prefix) for name, number in names.items() if number)
        raise fail(f"--{option} {word}: allowed are {allowed}", EXIT_BAD_INPUT)
    return int(names[prefix + word.lower()])
