"""The report as one HTML page that needs nothing else: figures, plots, examples of hits and misses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from training.data.dataset import Record
from training.evaluation import plots
from training.evaluation.answers import Answer
from training.evaluation.figures import METRICS, Direction
from training.evaluation.queries import MODALITIES, Query
from training.evaluation.report import Report
from training.evaluation.thumbnails import thumbnail
from training.files import write_whole

PAGE_FILE = "index.html"
EXAMPLES = 3
RESULTS = 6
WORDS_MAX = 160


@dataclass(frozen=True)
class Card:
    """What a query or a product looks like: a picture, words, the name of a sound."""

    picture: str
    words: str
    sound: str
    score: str = ""
    right: bool = False


@dataclass(frozen=True)
class Example:
    """A query, what was found, and what should have been."""

    query: Card
    found: tuple[Card, ...]
    wanted: tuple[Card, ...]


@dataclass(frozen=True)
class Section:
    """One direction on the page."""

    direction: Direction
    reliability: Markup
    histogram: Markup
    hits: tuple[Example, ...]
    misses: tuple[Example, ...]


def write_page(
    report: Report,
    products: Sequence[Record],
    queries: Sequence[Query],
    answers: Sequence[Answer],
    folder: Path,
) -> Path:
    """Write the page of *report* to *folder*; return its path."""
    by_id = {product.id: product for product in products}
    pairs: dict[str, list[tuple[Query, Answer]]] = {}
    for query, answer in zip(queries, answers, strict=True):
        pairs.setdefault(query.direction, []).append((query, answer))
    sections = [_section(direction, pairs[direction.name], by_id) for direction in report.directions]
    environment = Environment(
        loader=PackageLoader("training.evaluation"),
        autoescape=select_autoescape(["j2"]),
        undefined=StrictUndefined,
    )
    curves = {direction.name: direction.curve for direction in report.directions}
    drawn = Markup(plots.recall_curves(curves))  # noqa: S704 - the plots escape what they are given
    html = environment.get_template("report.html.j2").render(
        report=report, sections=sections, metrics=METRICS, curves=drawn
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / PAGE_FILE, html.encode())
    return folder / PAGE_FILE


def _section(
    direction: Direction, pairs: Sequence[tuple[Query, Answer]], by_id: Mapping[str, Record]
) -> Section:
    hits = [pair for pair in pairs if _is_right(pair[0], pair[1].ids[:1])]
    # The worst first: nothing right among all that is shown.
    misses = sorted(
        (pair for pair in pairs if not _is_right(pair[0], pair[1].ids[:1])),
        key=lambda pair: _is_right(pair[0], pair[1].ids[:RESULTS]),
    )
    return Section(
        direction=direction,
        reliability=Markup(plots.reliability_diagram(direction.calibration.bins)),  # noqa: S704 - as above
        histogram=Markup(plots.similarity_histogram(direction.histogram)),  # noqa: S704 - as above
        hits=tuple(_example(*pair, by_id) for pair in _spread(hits)),
        misses=tuple(_example(*pair, by_id) for pair in _spread(misses)),
    )


def _is_right(query: Query, ids: Sequence[str]) -> bool:
    return any(query.right.get(one, 0) > 0 for one in ids)


def _spread(pairs: Sequence[tuple[Query, Answer]]) -> list[tuple[Query, Answer]]:
    """Return a few of *pairs* from all over them."""
    step = max(1, len(pairs) // EXAMPLES)
    return [*pairs[::step][:EXAMPLES]]


def _example(query: Query, answer: Answer, by_id: Mapping[str, Record]) -> Example:
    best = sorted(query.right, key=lambda one: -query.right[one])
    return Example(
        query=_card(query),
        found=tuple(
            _card(by_id[one], f"{score:.3f}", right=query.right.get(one, 0) > 0)
            for one, score in zip(answer.ids[:RESULTS], answer.scores[:RESULTS], strict=True)
        ),
        wanted=tuple(_card(by_id[one], right=True) for one in best[:1]),
    )


def _card(item: Record | Query, score: str = "", *, right: bool = False) -> Card:
    words = item.text or ""
    told = {name for name in MODALITIES if getattr(item, name) is not None}
    return Card(
        picture=thumbnail(item.image) if item.image else "",
        words=words if len(words) <= WORDS_MAX else f"{words[: WORDS_MAX - 1]}…",
        sound=item.audio.name if item.audio and "audio" in told else "",
        score=score,
        right=right,
    )
