"""The searches that `triptych demo` shows: one for each way to ask."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from triptych.client import part
from triptych.v1 import product_search_service_pb2 as pb

# What is shown, in this order: a kind of the catalogue's queries, the language to choose, and what the kind is called.
# Only speech and pictures need files; for these the catalogue carries samples that no encoder was trained on.
SHOWN = (
    ("text_en", "en", "Words in English"),
    ("text_zh", "zh", "Words in Chinese"),
    ("photo", "", "A photo"),
    ("voice", "", "A voice"),
    ("composed", "en", "A photo and words"),
    ("photo_text_voice", "en", "A photo, words and a voice"),
)


@dataclass(frozen=True)
class SamplePart:
    """One part of a sample: *kind* is "text", "image" or "audio".

    *words* is what is written or said; *file* is where a picture or sound lies, relative to the catalogue.
    """

    kind: str
    words: str = ""
    file: str = ""
    weight: float | None = None

    def to_pb(self, folder: Path) -> pb.QueryPart:
        """Return the part as a request has it, with the file's content."""
        content: dict[str, Any] = {self.kind: folder / self.file if self.file else self.words}
        return part(weight=self.weight, **content)


@dataclass(frozen=True)
class Sample:
    """One search: *heading* says how is asked, *wanted* which values a right product has ("colour": "red")."""

    heading: str
    parts: tuple[SamplePart, ...]
    wanted: Mapping[str, str] = field(default_factory=dict)


# "Not like this" needs no file, so it stands here. Half a weight turns away from red and keeps the mug in sight.
LESS_RED = Sample(
    "Words, and what it should not be",
    (SamplePart("text", "mug", weight=1.0), SamplePart("text", "red", weight=-0.5)),
    {"category": "mug"},
)


def samples(folder: Path) -> list[Sample]:
    """Return the searches to show for the catalogue in *folder*.

    Raises:
        OSError: the catalogue has no sample queries.
    """
    lines = (folder / "queries" / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    queries = [json.loads(line) for line in lines]
    chosen = [(first(queries, kind, language), heading) for kind, language, heading in SHOWN]
    return [*(sample(query, heading) for query, heading in chosen if query), LESS_RED]


def first(queries: list[dict[str, Any]], kind: str, language: str) -> dict[str, Any] | None:
    """Return the first query of a kind and language; of the kind alone when there is none."""
    of_kind = [query for query in queries if query["kind"] == kind]
    return next(
        (query for query in of_kind if query.get("language", "") == language), next(iter(of_kind), None)
    )


def sample(query: dict[str, Any], heading: str) -> Sample:
    """Return a query of the catalogue as a sample."""
    parts = []
    if "photo" in query:
        parts.append(SamplePart("image", file=query["photo"]))
    if "text" in query:
        parts.append(SamplePart("text", query["text"]))
    if "audio" in query:
        parts.append(SamplePart("audio", query["spoken"], query["audio"]))
    return Sample(heading, tuple(parts), query["wanted"])
