"""Files of judgements: JSON Lines of queries with their right products, and of photos with what they show.

{"parts": [{"text": "red mug"}], "relevant": ["p1", "p7"]}
{"parts": [{"image": "photos/1.jpg"}, {"text": "but blue"}], "relevant": ["p2"], "not_relevant": ["p3"]}
{"kind": "text", "products": [{"id": "p1", "values": {"cosine": 0.8, "lexical": 3.1, "gap": 0}, "relevant": true}]}

{"image": "photos/1.jpg", "product_id": "p1"}
{"image": "photos/2.jpg", "category": "mug"}
{"image": "photos/3.jpg"}
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.json_format import ParseDict, ParseError

from training.calibration.gather import Judgement
from training.calibration.photos import KnownPhoto
from training.calibration.rows import KINDS, VALUES, JudgedQuery
from training.errors import TrainingError
from triptych.cli.product_files import media, one_line
from triptych.v1 import product_search_service_pb2 as pb


def read_judgements(file: Path) -> Iterator[Judgement | JudgedQuery]:
    """Yield the judgements of *file* one by one; media at paths are looked for from its folder on.

    Raises:
        TrainingError: a line is none; it is named.
        OSError: the file cannot be read.
    """
    for name, content in json_lines(file):
        with_parts = "parts" in content
        check_keys(
            name, content, {"parts", "relevant", "not_relevant"} if with_parts else {"kind", "products"}
        )
        yield judgement(name, content, file.parent.resolve()) if with_parts else shown(name, content)


def read_photos(file: Path) -> Iterator[KnownPhoto]:
    """Yield the photos of *file* one by one; see `read_judgements`."""
    for name, content in json_lines(file):
        check_keys(name, content, {"image", "product_id", "category"})
        try:
            image = media(content.get("image"), file.parent.resolve())
        except (ValueError, ParseError, OSError) as error:
            raise TrainingError(f"{name}: image: {one_line(error)}") from error
        yield KnownPhoto(name, image, words(name, content, "product_id"), words(name, content, "category"))


def judgement(name: str, content: dict[str, Any], root: Path) -> Judgement:
    """Return a query with its right products."""
    parts = content["parts"]
    if not isinstance(parts, list) or not parts:
        raise TrainingError(f"{name}: parts: a list of query parts is expected")
    judged = Judgement(
        name,
        tuple(part_of(f"{name}: parts[{at}]", each, root) for at, each in enumerate(parts)),
        ids(name, content, "relevant"),
        ids(name, content, "not_relevant") if "not_relevant" in content else None,
    )
    both = judged.relevant & (judged.not_relevant or frozenset())
    if both:
        raise TrainingError(f"{name}: {min(both)!r} is relevant and not relevant")
    return judged


def part_of(name: str, content: Any, root: Path) -> pb.QueryPart:
    """Return a part of a query in protobuf's JSON mapping, in which a picture or sound may be a path."""
    if not isinstance(content, dict):
        raise TrainingError(f'{name}: an object such as {{"text": "red mug"}} is expected')
    try:
        read = {kind: media(content[kind], root) for kind in ("image", "audio") if kind in content}
        part = ParseDict({key: value for key, value in content.items() if key not in read}, pb.QueryPart())
        for kind, each in read.items():
            getattr(part, kind).CopyFrom(each)
    except (ValueError, ParseError, OSError) as error:
        raise TrainingError(f"{name}: {one_line(error)}") from error
    return part


def shown(name: str, content: dict[str, Any]) -> JudgedQuery:
    """Return what was shown to a customer, with what the search knew of it then."""
    if content.get("kind") not in KINDS:
        raise TrainingError(f"{name}: kind: one of {', '.join(KINDS)} is expected")
    products = content.get("products")
    if not isinstance(products, list) or not products:
        raise TrainingError(f"{name}: products: a list is expected")
    rows = [shown_product(f"{name}: products[{at}]", each) for at, each in enumerate(products)]
    return JudgedQuery(
        content["kind"],
        np.array([values for values, _ in rows]),
        np.array([right for _, right in rows], bool),
    )


def shown_product(name: str, content: Any) -> tuple[list[float], bool]:
    """Return the values of a product, in the order of `VALUES`, and whether it is relevant."""
    values = content.get("values") if isinstance(content, dict) else None
    if not isinstance(values, dict) or not isinstance(content.get("relevant"), bool):
        raise TrainingError(f"{name}: an object with values and relevant (true or false) is expected")
    row = [values.get(each, 0.0) for each in VALUES]
    if not all(isinstance(each, int | float) and math.isfinite(each) for each in row):
        raise TrainingError(f"{name}: values: {', '.join(VALUES)} are numbers")
    return row, content["relevant"]


def json_lines(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (name, object) of each line of *file*; empty ones are passed over."""
    with file.open(encoding="utf-8-sig") as opened:
        try:
            for number, line in enumerate(opened, start=1):
                if line.strip():
                    name = f"{file.name}, line {number}"
                    yield name, json_object_of(name, line)
        except UnicodeDecodeError as error:
            raise TrainingError(f"{file.name}: not UTF-8: {error.reason}") from error


def json_object_of(name: str, line: str) -> dict[str, Any]:
    """Return the object that *line* is."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise TrainingError(f"{name}: {one_line(error)}") from error
    if not isinstance(content, dict):
        raise TrainingError(f"{name}: an object is expected")
    return content


def check_keys(name: str, content: dict[str, Any], allowed: set[str]) -> None:
    """Refuse what would be passed over in silence: it is misspelt."""
    unknown = content.keys() - allowed
    if unknown:
        raise TrainingError(f"{name}: {min(unknown)!r} is none of {', '.join(sorted(allowed))}")


def ids(name: str, content: dict[str, Any], key: str) -> frozenset[str]:
    """Return a list of products; none where there is no such key."""
    given = content.get(key, [])
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise TrainingError(f"{name}: {key}: a list of ids is expected")
    return frozenset(given)


def words(name: str, content: dict[str, Any], key: str) -> str:
    """Return a text; empty where there is no such key."""
    given = content.get(key, "")
    if not isinstance(given, str):
        raise TrainingError(f"{name}: {key}: a text is expected")
    return given
