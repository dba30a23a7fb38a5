"""What is asked and what is right: made from a dataset, or read from a file.

A file of queries is JSON Lines, its paths relative to itself:

    {"id": "q1", "kind": "composed", "text": "in blue", "image": "q1.jpg", "right": ["p7"]}
    {"id": "q2", "text": "chair", "space": "image", "right": {"p1": 2, "p2": 1}}
"""

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.data.dataset import Dataset, Record
from training.errors import TrainingError

MODALITIES = ("text", "image", "audio")
SPACES = (*MODALITIES, "fused")
FUSIONS = ("concatenation", "weighted_sum", "bilinear", "learned")
_KEYS = frozenset({"id", "kind", *MODALITIES, "weights", "space", "fusion", "right"})


@dataclass(frozen=True)
class Query:
    """One question.

    Args:
        id: its own among those of its direction.
        direction: "text → image", "image + text → product": figures are told by direction.
        text, image, audio: what is asked; at least one.
        space: the vectors that are searched: "text", "image", "audio" or "fused".
        right: the grade of each right product, by id; larger is better.
        weights: by modality; 1 where nothing is said.
        fusion: how several parts become one vector.
        excluded: a product that may not answer: the one that the query was made from.
    """

    id: str
    direction: str
    text: str | None
    image: Path | None
    audio: Path | None
    space: str
    right: Mapping[str, float]
    weights: Mapping[str, float] = field(default_factory=dict)
    fusion: str = "learned"
    excluded: str | None = None

    @property
    def modalities(self) -> tuple[str, ...]:
        """Those of its parts, in the order of MODALITIES."""
        return tuple(name for name in MODALITIES if getattr(self, name) is not None)


def products_of(dataset: Dataset, split: str | None) -> tuple[Record, ...]:
    """Return the records that are searched: those of *split*, or all where the data has no such split.

    Raises:
        TrainingError: there is none.
    """
    records = (dataset.split(split) if split else ()) or dataset.records
    if not records:
        raise TrainingError(f"{dataset.path}: there is nothing to search")
    return records


def own_queries(products: Sequence[Record], modalities: Sequence[str], fusion: str) -> list[Query]:
    """Return the queries that *products* themselves make: every part and mix of parts of each, in every direction.

    A product with a label is to be found by the others of its label, and may not answer itself; without labels each
    is to be found by its own parts. Only *modalities*, those that the pack encodes, are asked and searched.
    """
    by_label: dict[str, list[str]] = {}
    for product in products:
        if product.label is not None:
            by_label.setdefault(product.label, []).append(product.id)
    searched = [
        name
        for name in MODALITIES
        if name in modalities and any(name in product.modalities for product in products)
    ]
    queries: list[Query] = []
    for asked in _mixes(searched):
        for space in (*searched, "fused"):
            # A text finds its own text and a mix a part of itself: that says nothing.
            if space not in asked and (space == "fused" or len(asked) == 1):
                queries += _direction(products, asked, space, by_label, fusion)
    return queries


def _mixes(modalities: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for size in range(1, len(modalities) + 1):
        yield from itertools.combinations(modalities, size)


def _direction(
    products: Sequence[Record],
    asked: tuple[str, ...],
    space: str,
    by_label: Mapping[str, Sequence[str]],
    fusion: str,
) -> Iterator[Query]:
    having = {product.id for product in products if space == "fused" or space in product.modalities}
    for product in products:
        if any(name not in product.modalities for name in asked):
            continue
        same = by_label.get(product.label, ()) if product.label is not None else (product.id,)
        alone = product.label is None
        right = {one: 1.0 for one in same if one in having and (alone or one != product.id)}
        if right:
            contents: dict[str, Any] = {
                name: getattr(product, name) if name in asked else None for name in MODALITIES
            }
            yield Query(
                id=product.id,
                direction=direction_of(asked, space),
                space=space,
                right=right,
                fusion=fusion,
                excluded=None if alone else product.id,
                **contents,
            )


def direction_of(asked: Sequence[str], space: str) -> str:
    """Return the name of a direction: "text + image → product"."""
    return f"{' + '.join(asked)} → {'product' if space == 'fused' else space}"


def read_queries(path: Path, products: Sequence[Record], fusion: str) -> list[Query]:
    """Return the queries in the file at *path*.

    Raises:
        TrainingError: a line is no query, or names a product or a file that is not there; says which line.
    """
    known = {product.id for product in products}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path} cannot be read: {error}") from error
    queries = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                queries.append(_query(json.loads(line), path.parent, known, fusion, number))
            except (ValueError, TypeError, AttributeError) as error:
                raise TrainingError(f"{path.name}:{number}: {error}") from error
    if not queries:
        raise TrainingError(f"{path}: there is no query in it")
    return queries


def _query(line: Mapping[str, Any], folder: Path, known: set[str], fusion: str, number: int) -> Query:
    if unknown := line.keys() - _KEYS:
        raise ValueError(
            f"{', '.join(sorted(unknown))}: no field of a query; there are {', '.join(sorted(_KEYS))}"
        )
    asked = tuple(name for name in MODALITIES if line.get(name) is not None)
    if not asked:
        raise ValueError(f"a query needs one of {', '.join(MODALITIES)}")
    space = line.get("space", "fused")
    if space not in SPACES or (fusion := line.get("fusion", fusion)) not in FUSIONS:
        raise ValueError(f"space is one of {', '.join(SPACES)}, fusion one of {', '.join(FUSIONS)}")
    right = _grades(line.get("right", []))
    if missing := right.keys() - known:
        raise ValueError(f"right: there is no product {min(missing)!r}")
    if not any(grade > 0 for grade in right.values()):
        raise ValueError("right names no product: nothing could be found")
    return Query(
        id=str(line.get("id", number)),
        direction=str(line.get("kind") or direction_of(asked, space)),
        text=None if line.get("text") is None else str(line["text"]),
        image=_file(line, "image", folder),
        audio=_file(line, "audio", folder),
        space=space,
        right=right,
        weights={str(name): float(value) for name, value in line.get("weights", {}).items()},
        fusion=fusion,
    )


def _grades(right: object) -> dict[str, float]:
    """Return the grades by product id; a list grades all alike."""
    if isinstance(right, dict):
        return {str(one): float(grade) for one, grade in right.items()}
    if isinstance(right, list):
        return dict.fromkeys(map(str, right), 1.0)
    raise ValueError("right is a list of ids, or an object of ids and grades")


def _file(line: Mapping[str, Any], name: str, folder: Path) -> Path | None:
    if line.get(name) is None:
        return None
    path = folder / str(line[name])
    if not path.is_file():
        raise ValueError(f"{name}: there is no file {path}")
    return path


def digest_of(queries: Sequence[Query]) -> str:
    """Return what is the same for two reports over the same questions with the same right answers."""
    told = [[query.direction, query.id, sorted(query.right.items())] for query in queries]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:16]


def by_direction(queries: Sequence[Query]) -> dict[str, list[Query]]:
    """Return the queries of each direction, in their order."""
    groups: dict[str, list[Query]] = {}
    for query in queries:
        groups.setdefault(query.direction, []).append(query)
    return groups
