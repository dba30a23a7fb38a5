"""What is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from gateway.core.explain.model import Explanation
from gateway.core.model.degradation import Degradation
from gateway.core.model.ranking import RankingPlan
from gateway.core.model.retrieval import Facet, Hit, Retrieval
from gateway.core.model.words import HeardSpeech
from triptych.vocabulary.choices import FusionStrategy, Modality, RankingStrategy, SpaceKind
from triptych.vocabulary.vectors import ModelVersion


class Path(IntEnum):
    """Which way a query went; the numbers are those of QueryInterpretation.Path."""

    SINGLE_MODALITY = 1
    MULTIMODAL = 2
    BROWSE = 3


@dataclass(frozen=True)
class Result:
    """A product of an answer.

    Args:
        score: what the order follows; larger is better.
        ranking: what the ranking made of it, before boosts; None without a ranking.
        boosts: what each boost added, by name.
        relevance: the probability that it is relevant; None where the catalogue has no calibration.
        explanation: why it stands where it does, where that was asked for.
    """

    hit: Hit
    score: float
    ranking: float | None = None
    boosts: Mapping[str, float] = field(default_factory=dict)
    relevance: float | None = None
    explanation: Explanation | None = None


@dataclass(frozen=True)
class Suggestion:
    """Other words for a text of the query, and whether they were searched with."""

    text: str
    applied: bool


@dataclass(frozen=True)
class Chain:
    """What a search still has to show. It travels with the client, so that any replica can go on.

    Args:
        retrieval: what was asked of the index; it is asked again for more, and what still passes.
        plan: how what is found is put in order.
        waiting: found and not shown yet, in order; the records of their products are left out.
        shown: the names of what was shown (see `gateway.core.pages.keys`).
        count: how many products were shown.
        complete: whether the index has no more.
        head: what the first page said of the whole, packed.
    """

    retrieval: Retrieval
    plan: RankingPlan
    waiting: tuple[Result, ...]
    shown: frozenset[str]
    count: int
    complete: bool
    head: bytes = b""


@dataclass(frozen=True)
class Answer:
    """The answer to a query, and how it came about.

    Args:
        filter: what held in the end.
        lexical_weight: how much words counted; None where they did not.
        total_size: how many products, or groups, pass the filter.
        chain: what is left to show; None where nothing is.
        speech: what was made of sounds.
        degradations: what was left out to answer in time.
    """

    results: tuple[Result, ...]
    path: Path
    modalities: tuple[Modality, ...]
    fusion: FusionStrategy | None
    ranking: RankingStrategy | None
    space: SpaceKind
    models: tuple[ModelVersion, ...]
    index_name: str
    index_space: str
    stages: tuple[tuple[str, float], ...]
    filter: str = ""
    lexical_weight: float | None = None
    facets: tuple[Facet, ...] = ()
    total_size: int = 0
    total_is_exact: bool = False
    spelling: Suggestion | None = None
    chain: Chain | None = None
    speech: tuple[HeardSpeech, ...] = ()
    degradations: tuple[Degradation, ...] = ()


@dataclass(frozen=True)
class NextPage:
    """A page after the first. *asked* was asked of the index; *head* is what the first one said of the whole, packed.

    *degradations* are of this page alone.
    """

    results: tuple[Result, ...]
    asked: Retrieval
    stages: tuple[tuple[str, float], ...]
    head: bytes
    chain: Chain | None
    degradations: tuple[Degradation, ...] = ()
