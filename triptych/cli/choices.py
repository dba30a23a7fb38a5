"""What else a search says, as it is typed: words for enums, facets, boosts."""

from typing import Any

from google.protobuf.duration_pb2 import Duration

from triptych.cli.output import EXIT_BAD_INPUT, fail
from triptych.v1 import product_search_service_pb2 as pb

POPULARITY_HALF = 100.0
FRESHNESS_DAYS = 30.0
SECONDS_PER_DAY = 86_400


def choice(enum: Any, option: str, word: str) -> Any:
    """Return the number of a choice given by its last word: "learned" → FUSION_STRATEGY_LEARNED; 0 when not given."""
    if not word:
        return 0
    names = {name.lower(): number for name, number in enum.items()}
    prefix = next(iter(names)).removesuffix("unspecified")
    if prefix + word.lower() not in names:
        allowed = ", ".join(name.removeprefix(prefix) for name, number in names.items() if number)
        raise fail(f"--{option} {word}: allowed are {allowed}", EXIT_BAD_INPUT)
    return names[prefix + word.lower()]


def facet(text: str) -> pb.FacetSpec:
    """Return a field to count by: "brand", or "price:10,50" for intervals."""
    field, _, bounds = text.partition(":")
    try:
        return pb.FacetSpec(field=field, bounds=[float(bound) for bound in bounds.split(",") if bound])
    except ValueError as error:
        raise fail(f"--facet {text}: bounds are numbers, such as price:10,50", EXIT_BAD_INPUT) from error


def boost(text: str) -> pb.Boost:
    """Return a boost: "popularity:0.2", "freshness:0.1:30", or "stock:0.1:in_stock = true"."""
    name, _, rest = text.partition(":")
    weight, _, detail = rest.partition(":")
    try:
        made = pb.Boost(name=name, weight=float(weight))
        if name == "popularity":
            made.popularity.half = float(detail or POPULARITY_HALF)
        elif name == "freshness":
            seconds = float(detail or FRESHNESS_DAYS) * SECONDS_PER_DAY
            made.freshness.half_life.CopyFrom(Duration(seconds=int(seconds)))
        else:
            made.condition = detail
    except (ValueError, OverflowError) as error:
        raise fail(
            f"--boost {text}: a boost is popularity:WEIGHT[:HALF], freshness:WEIGHT[:DAYS] or NAME:WEIGHT:FILTER",
            EXIT_BAD_INPUT,
        ) from error
    return made
