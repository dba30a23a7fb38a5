"""How what is found is put in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.core.model.retrieval import Hit
from triptych.vocabulary.choices import RankingStrategy, SpaceKind
from triptych.vocabulary.vectors import ModelVersion

# The features by which ranking networks know how near a product is in each space.
FEATURE_OF_SPACE: Mapping[SpaceKind, str] = {kind: f"similarity_{kind.name.lower()}" for kind in SpaceKind}


@dataclass(frozen=True)
class Curve:
    """Turns what is known of a product into a probability: 1 / (1 + exp(-(intercept + Σ weight · value)))."""

    intercept: float
    weights: Mapping[str, float]
    judgements: int = 0
    error: float = 0.0


@dataclass(frozen=True)
class Judge:
    """Tells how probably what a search finds is relevant: by *curve*; *best_cosine* is that of the most similar hit."""

    curve: Curve
    best_cosine: float


@dataclass(frozen=True)
class Candidate:
    """A hit as the ranker sees it.

    Args:
        score: larger is better.
        features: where a network is to judge.
        boost: what is added to the score that the ranking gives, -1 to 1.
    """

    hit: Hit
    score: float
    features: Mapping[str, float] = field(default_factory=dict)
    boost: float = 0.0


@dataclass(frozen=True)
class Ranked:
    """The order: (place among the candidates, score) of each that was kept, best first; and the network that judged."""

    places: tuple[tuple[int, float], ...]
    models: tuple[ModelVersion, ...] = ()


@dataclass(frozen=True)
class RankingOffer:
    """What the ranker can be asked for now, and the features that its networks look at."""

    strategies: frozenset[RankingStrategy]
    features: tuple[str, ...] = ()


@dataclass(frozen=True)
class RankingPlan:
    """What to retrieve, and how to order it.

    Args:
        strategy: None keeps the order of the index.
        pool: how many candidates to retrieve for it.
        features: that the network looks at; empty without a network.
        judge: tells how probably each is relevant; None where there is no calibration for such a query.
    """

    strategy: RankingStrategy | None
    pool: int
    features: tuple[str, ...] = ()
    judge: Judge | None = None

    @property
    def with_vectors(self) -> bool:
        """Whether candidates need their vectors."""
        return self.strategy is RankingStrategy.DIVERSE

    @property
    def compared(self) -> tuple[SpaceKind, ...]:
        """The spaces in which candidates are to be compared with the query."""
        return tuple(kind for kind, name in FEATURE_OF_SPACE.items() if name in self.features)
