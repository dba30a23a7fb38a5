"""The page that `triptych demo` leaves behind: every sample search with what was sent and what was found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from triptych.cli.demo_samples import Sample
from triptych.cli.output import price
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

PAGE = "demo.html.j2"
# Shown on its own line; the others are the words that a query asks for.
CHINESE_TITLE = "title_zh"


@dataclass(frozen=True)
class Fact:
    """A value of a product, and whether the search asked for it."""

    value: str
    asked: bool


@dataclass(frozen=True)
class Card:
    """One product found. *picture* is relative to the page; *chinese* is its Chinese title."""

    title: str
    chinese: str
    picture: str
    price: str
    score: float
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Stage:
    """One stage of the walk; *share* is its part of all stages' time, from 0 to 1."""

    name: str
    duration_ms: float
    share: float


@dataclass(frozen=True)
class Section:
    """One search on the page."""

    sample: Sample
    cards: tuple[Card, ...]
    words: tuple[str, ...]
    way: str
    stages: tuple[Stage, ...]
    models: tuple[str, ...]


def render(sections: Sequence[Section], *, catalog: str, products: int) -> str:
    """Return the page as HTML that needs no server and nothing from the network."""
    # Belongs to the local suite's extra, as the rest of the demonstration does.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("triptych.cli"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(PAGE).render(sections=sections, catalog=catalog, products=products)


def section(
    sample: Sample,
    response: pb.SearchProductsResponse,
    pictures: Mapping[str, Sequence[str]],
    words: Sequence[str] = (),
) -> Section:
    """Return one search for the page. *pictures* are files by product id, relative to the page.

    *words* are lines about what was understood of pictures and sounds.
    """
    return Section(
        sample=sample,
        cards=tuple(card(result, sample.wanted, pictures) for result in response.results),
        words=tuple(words),
        way=way(response.interpretation),
        stages=tuple(stages(response)),
        models=tuple(f"{model.name} {model.version}" for model in response.models),
    )


def card(result: pb.SearchResult, wanted: Mapping[str, str], pictures: Mapping[str, Sequence[str]]) -> Card:
    """Return one product found; the picture is the view by which it was found, else its first."""
    product = result.product
    shown = pictures.get(product.id) or ("",)
    return Card(
        title=product.title,
        chinese=product.attributes[CHINESE_TITLE].string_value if CHINESE_TITLE in product.attributes else "",
        picture=shown[min(result.best_view.index, len(shown) - 1)],
        price=price(product.price),
        score=result.score,
        facts=tuple(facts(product, wanted)),
    )


def facts(product: types_pb2.Product, wanted: Mapping[str, str]) -> Iterator[Fact]:
    """Yield the category and the attributes of *product*."""
    yield Fact(product.category, wanted.get("category") == product.category)
    for name in sorted(product.attributes):
        value = product.attributes[name].string_value
        if value and name != CHINESE_TITLE:
            yield Fact(value, wanted.get(name) == value)


def way(understood: pb.QueryInterpretation) -> str:
    """Return which way was walked and by which choices: "multimodal · learned fusion · similarity ranking"."""
    words = [pb.QueryInterpretation.Path.Name(understood.path).removeprefix("PATH_")]
    if understood.fusion:
        words.append(
            types_pb2.FusionStrategy.Name(understood.fusion).removeprefix("FUSION_STRATEGY_") + " fusion"
        )
    if understood.ranking:
        words.append(
            types_pb2.RankingStrategy.Name(understood.ranking).removeprefix("RANKING_STRATEGY_") + " ranking"
        )
    return " · ".join(words).replace("_", " ").lower()


def stages(response: pb.SearchProductsResponse) -> Iterator[Stage]:
    """Yield the stages of the walk in their order."""
    durations = [stage.duration.ToNanoseconds() / 1e6 for stage in response.stages]
    total = sum(durations) or 1.0
    for stage, duration_ms in zip(response.stages, durations, strict=True):
        yield Stage(stage.stage.replace("_", " "), duration_ms, duration_ms / total)


def write(page: Path, html: str) -> None:
    """Write the page so that a browser never meets half of it."""
    temporary = page.with_suffix(".part")
    temporary.write_text(html, encoding="utf-8")
    temporary.replace(page)
