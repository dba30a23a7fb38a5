"""The words of the walk: what is looked for, what is stored, what is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from triptych.vocabulary.choices import (
    FusionStrategy,
    Modality,
    RankingStrategy,
    SimilarityMetric,
    SpaceKind,
)
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.vectors import ModelVersion, Space, Vector


class Path(IntEnum):
    """Which way a query went; the numbers are those of QueryInterpretation.Path."""

    SINGLE_MODALITY = 1
    MULTIMODAL = 2


@dataclass(frozen=True)
class Media:
    """A picture or a sound: its bytes, or where they are."""

    data: bytes = b""
    uri: str = ""


@dataclass(frozen=True)
class Content:
    """Something to encode, and the field of the request that holds it."""

    modality: Modality
    field: str
    text: str = ""
    media: Media = Media()


@dataclass(frozen=True)
class ProductReference:
    """A product of the catalogue, by its id."""

    id: str


@dataclass(frozen=True)
class Part:
    """One thing to look for (weight > 0) or to keep away from (weight < 0)."""

    content: Content | ProductReference | Vector
    weight: float = 1.0


@dataclass(frozen=True)
class Query:
    """A search; what is None is chosen on the way."""

    catalog: str
    parts: tuple[Part, ...]
    limit: int
    fusion: FusionStrategy
    metric: SimilarityMetric
    ranking: RankingStrategy | None
    space: SpaceKind | None
    diversity_lambda: float | None = None


@dataclass(frozen=True)
class PartVector:
    """The vector of a part."""

    vector: Vector
    modality: Modality
    weight: float = 1.0


@dataclass(frozen=True)
class Encoded:
    """What the encoder made of several contents: a vector or an error each, in their order."""

    outcomes: tuple[Vector | TriptychError, ...]
    spaces: tuple[Space, ...]
    models: tuple[ModelVersion, ...]


@dataclass(frozen=True)
class Fused:
    """What fusion made of several groups: a vector or an error each, in their order."""

    outcomes: tuple[Vector | TriptychError, ...]
    space: Space
    models: tuple[ModelVersion, ...]


@dataclass(frozen=True)
class Hit:
    """A product that the index found. *product* stays packed: the core never looks inside.

    *elsewhere* says how near it is in the other spaces that were asked for, where it has a vector there.
    """

    id: str
    product: bytes
    similarity: float
    view: int
    vector: Vector | None = None
    elsewhere: Mapping[SpaceKind, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidate:
    """A hit as the ranker sees it: a score where larger is better, and features where a network is to judge."""

    hit: Hit
    score: float
    features: Mapping[str, float] = field(default_factory=dict)


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
class Hits:
    """What the index found, nearest first, where, and which index it was."""

    hits: tuple[Hit, ...]
    space: SpaceKind
    index_name: str
    index_space: str


@dataclass(frozen=True)
class Result:
    """A product of an answer; larger scores are better."""

    hit: Hit
    score: float


@dataclass(frozen=True)
class Answer:
    """The answer to a query, and how it came about."""

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


@dataclass(frozen=True)
class Description:
    """What a picture shows, in a sentence; how sure the model is, 0 to 1."""

    text: str
    confidence: float
    model: ModelVersion


@dataclass(frozen=True)
class Transcript:
    """What was said; how sure the model is, 0 to 1; what of it the pack's grammar gives a name."""

    text: str
    confidence: float
    slots: Mapping[str, str]
    model: ModelVersion


@dataclass(frozen=True)
class NewProduct:
    """A product to store: its packed record, and what of it can be encoded."""

    id: str
    record: bytes
    contents: tuple[Content, ...]


@dataclass(frozen=True)
class StoredVector:
    """A vector of a product: which space, which view."""

    kind: SpaceKind
    view: int
    vector: Vector


@dataclass(frozen=True)
class ProductRecord:
    """A product as the store keeps it."""

    id: str
    record: bytes
    vectors: tuple[StoredVector, ...] = ()
