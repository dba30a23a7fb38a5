"""Explanations of an answer, as lines."""

from collections.abc import Iterator, Mapping, Sequence

from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1.types_pb2 import BoundingBox

ROWS = ("upper", "middle", "lower")
COLUMNS = ("left", "middle", "right")
# More would fill the screen and say little.
REGIONS_SHOWN = 3


def explanation_lines(
    response: pb.SearchProductsResponse, names: Sequence[str], first: int = 1
) -> Iterator[str]:
    """Yield why each product stands where it does.

    *names* are those of the query's parts, such as "image.2"; *first* is the place of the first product.
    """
    for rank, result in enumerate(response.results, start=first):
        if result.HasField("explanation"):
            yield f"{rank}. {result.product.id}  {result.score:.4f} = {added(result.explanation, names)}"
            yield from (f"   {line}" for line in details(result.explanation, names))


def part_names(contents: Mapping[str, Sequence[object]]) -> list[str]:
    """Return the names of the parts, in their order: "text", or "image.2" where there are several pictures."""
    return [
        kind if len(values) == 1 else f"{kind}.{place}"
        for kind, values in contents.items()
        for place in range(1, len(values) + 1)
    ]


def added(item: pb.Explanation, names: Sequence[str]) -> str:
    """Return the sum: "0.4102 text + 0.3500 image - 0.0200 ranking"."""
    terms = [
        f"{'-' if each.value < 0 else '+'} {abs(each.value):.4f} {source(each, names)}"
        for each in item.contributions
    ]
    return " ".join(terms).removeprefix("+ ")


def source(item: pb.Contribution, names: Sequence[str]) -> str:
    """Return where a contribution comes from."""
    stage = pb.Contribution.Stage.Name(item.stage).removeprefix("STAGE_").lower()
    if item.boost:
        return f"boost {item.boost}"
    if not item.HasField("part"):
        return stage
    name = names[item.part]
    return f"words of {name}" if item.stage == pb.Contribution.STAGE_LEXICAL else name


def details(item: pb.Explanation, names: Sequence[str]) -> Iterator[str]:
    """Yield what a full explanation tells beside the sum."""
    if item.counterfactuals:
        yield " · ".join(
            f"without {names[each.part]} {f'at place {each.rank}' if each.HasField('rank') else 'not found'}"
            for each in item.counterfactuals
        )
    if item.words:
        yield "words " + ", ".join(f"{each.word} {each.importance:+.4f}" for each in item.words)
    for part in sorted({each.part for each in item.regions}):
        own = [each for each in item.regions if each.part == part][:REGIONS_SHOWN]
        yield f"regions of {names[part]} " + ", ".join(
            f"{place(each.region)} {each.importance:+.4f}" for each in own
        )


def place(region: BoundingBox) -> str:
    """Return where in the picture the middle of a region lies: "upper left"."""
    row = ROWS[min(2, int(1.5 * (region.top + region.bottom)))]
    column = COLUMNS[min(2, int(1.5 * (region.left + region.right)))]
    return "middle" if row == column else f"{row} {column}"
