"""The parts of a query, as they are typed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from triptych.cli.choices import choice
from triptych.cli.output import EXIT_BAD_INPUT, fail
from triptych.client import part
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

# How the names of options that leave out begin, and those of them that do so by likeness.
EXCLUDE = "exclude-"
LIKENESS = (f"{EXCLUDE}image", f"{EXCLUDE}audio")


def parts_of(
    contents: Mapping[str, Sequence[Any]],
    weights: Sequence[str],
    regions: Sequence[str],
    audio_mode: str,
    exclude_similarity: float | None,
) -> Iterator[pb.QueryPart]:
    """Yield the parts; *contents* are by option: "image", or "exclude-image" for what is left out."""
    counts = {name: len(values) for name, values in contents.items()}
    wanted = {name: count for name, count in counts.items() if not name.startswith(EXCLUDE)}
    weight = {
        key: number(value, f"--weight {item}") for item, key, value in placed("weight", weights, wanted)
    }
    pictures = {name: count for name, count in counts.items() if name.endswith("image")}
    region = {key: box(value, f"--region {item}") for item, key, value in placed("region", regions, pictures)}
    mode = choice(types_pb2.AudioMode, "audio-mode", audio_mode)
    for name, values in contents.items():
        kind = name.removeprefix(EXCLUDE)
        for place, value in enumerate(values, start=1):
            yield part(
                **{kind: value},
                weight=weight.get((name, place)),
                region=region.get((name, place)),
                audio_mode=mode if kind == "audio" else types_pb2.AUDIO_MODE_UNSPECIFIED,
                exclude=name != kind,
                exclude_similarity=exclude_similarity if name in LIKENESS else None,
            )


def placed(
    option: str, given: Sequence[str], counts: Mapping[str, int]
) -> Iterator[tuple[str, tuple[str, int], str]]:
    """Yield what was typed, (kind, place from 1) and value: "image=2" is of every picture, "image.2=-1" of the second."""
    for item in given:
        name, _, value = item.partition("=")
        kind, _, place = name.partition(".")
        if not counts.get(kind) or (place and not (place.isdigit() and 1 <= int(place) <= counts[kind])):
            known = ", ".join(name for name, count in counts.items() if count) or "none"
            raise fail(f"--{option} {item}: there is no part {name!r}; parts are {known}", EXIT_BAD_INPUT)
        for at in [int(place)] if place else range(1, counts[kind] + 1):
            yield item, (kind, at), value


def number(text: str, where: str) -> float:
    """Return a number that was typed."""
    try:
        return float(text)
    except ValueError as error:
        raise fail(f"{where}: {text!r} is no number", EXIT_BAD_INPUT) from error


def box(text: str, where: str) -> types_pb2.BoundingBox:
    """Return a region: "0,0,0.5,1"."""
    edges = [number(edge, where) for edge in text.split(",")]
    if len(edges) != 4:
        raise fail(f"{where}: a region is LEFT,TOP,RIGHT,BOTTOM", EXIT_BAD_INPUT)
    left, top, right, bottom = edges
    return types_pb2.BoundingBox(left=left, top=top, right=right, bottom=bottom)
