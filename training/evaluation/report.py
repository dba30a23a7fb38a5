"""The report of an evaluation: made, written as report.json, read again."""

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.errors import TrainingError
from training.evaluation.answers import DEPTH, Answer
from training.evaluation.figures import Direction, direction_figures
from training.evaluation.queries import Query, by_direction, digest_of
from training.files import write_whole

FORMAT = 1
REPORT_FILE = "report.json"


@dataclass(frozen=True)
class Subject:
    """What was evaluated on what.

    Args:
        pack: "shop 2"; where it is known.
        through: "offline", or "suite".
        data: the name of the dataset.
        split: the split that was searched; "all" for all.
        products: how many were searched.
    """

    pack: str
    through: str
    data: str
    split: str
    products: int


@dataclass(frozen=True)
class Report:
    """Figures by direction; *digest* is the same for two reports over the same questions."""

    subject: Subject
    digest: str
    directions: tuple[Direction, ...]


def make_report(
    subject: Subject, queries: Sequence[Query], answers: Sequence[Answer], seed: int = 0
) -> Report:
    """Return the report of *answers* to *queries*, which are in the same order."""
    answer_of = dict(zip(((query.direction, query.id) for query in queries), answers, strict=True))
    directions = tuple(
        direction_figures(name, group, [answer_of[name, query.id] for query in group], seed)
        for name, group in by_direction(queries).items()
    )
    return Report(subject, digest_of(queries), directions)


def write_report(report: Report, folder: Path) -> None:
    """Write *report* to report.json in *folder*."""
    content = {
        "format": FORMAT,
        "subject": dataclasses.asdict(report.subject),
        "queries": report.digest,
        "depth": DEPTH,
        "directions": [dataclasses.asdict(direction) for direction in report.directions],
    }
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_without_nan(content), ensure_ascii=False, allow_nan=False)
    write_whole(folder / REPORT_FILE, f"{text}\n".encode())


@dataclass(frozen=True)
class Compared:
    """What a comparison needs of a report: per direction the ids of the queries and each metric of each query."""

    subject: Mapping[str, Any]
    digest: str
    queries: Mapping[str, Sequence[str]]
    values: Mapping[str, Mapping[str, Sequence[float]]]


def read_report(path: Path) -> Compared:
    """Read the report at *path*, a report.json or the folder that holds it.

    Raises:
        TrainingError: it is no report, or one of another format.
    """
    path = path / REPORT_FILE if path.is_dir() else path
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise TrainingError(
                f"{path} is a report of format {content['format']!r}; this version reads {FORMAT}"
            )
        directions = content["directions"]
        return Compared(
            subject=content["subject"],
            digest=content["queries"],
            queries={each["name"]: each["queries"] for each in directions},
            values={each["name"]: each["per_query"] for each in directions},
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path} is no report of an evaluation: {error!r}") from error


def _without_nan(value: Any) -> Any:
    """Return *value* with None in place of what is no number, which JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _without_nan(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return value
