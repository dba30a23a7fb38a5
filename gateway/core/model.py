"""The words of the walk: what is looked for, what is stored, what is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from gateway.core.explain.model import Explanation
from triptych.vocabulary.choices import (
    AudioMode,
    FusionStrategy,
    HybridFusion,
    Modality,
    RankingStrategy,
    SimilarityMetric,
    SpaceKind,
)
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.media import WHOLE, Focus
from triptych.vocabulary.vectors import ModelVersion, Space, Vector

# The features by which ranking networks know how near a product is in each space.
FEATURE_OF_SPACE: Mapping[SpaceKind, str] = {kind: f"similarity_{kind.name.lower()}" for kind in SpaceKind}
# From this cosine on, unless a part says otherwise, a product is left out with an excluded picture, sound or vector.
EXCLUDE_SIMILARITY = 0.9


class Path(IntEnum):
    """Which way a query went; the numbers are those of QueryInterpretation.Path."""

    SINGLE_MODALITY = 1
    MULTIMODAL = 2


class ExplainLevel(IntEnum):
    """How much is told of why; the numbers are those of SearchProductsRequest.ExplainLevel."""

    NONE = 1
    CONTRIBUTIONS = 2
    FULL = 3


class Spelling(IntEnum):
    """What is done about unknown words; the numbers are those of SearchProductsRequest.Spelling."""

    SUGGEST = 1
    AUTO = 2
    OFF = 3


@dataclass(frozen=True)
class Media:
    """A picture or a sound: its bytes, or where they are."""

    data: bytes = b""
    uri: str = ""


@dataclass(frozen=True)
class Content:
    """Something to encode, the field of the request that holds it, and what of a picture is looked at."""

    modality: Modality
    field: str
    text: str = ""
    media: Media = Media()
    focus: Focus = WHOLE


@dataclass(frozen=True)
class ProductReference:
    """A product of the catalogue, by its id."""

    id: str


@dataclass(frozen=True)
class Part:
    """One thing to look for (weight > 0), to keep away from (weight < 0), or to leave out (*exclude*).

    Args:
        audio_mode: what is to be made of a sound.
        exclude_similarity: the cosine with an excluded picture, sound or vector from which on a product is left out.
        origin: the place of the request's part that it came from: speech may become two parts, or none.
    """

    content: Content | ProductReference | Vector
    weight: float = 1.0
    audio_mode: AudioMode = AudioMode.AUTO
    exclude: bool = False
    exclude_similarity: float = EXCLUDE_SIMILARITY
    origin: int | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether it says what to look for."""
        return not self.exclude and self.weight > 0


@dataclass(frozen=True)
class Popularity:
    """popularity / (popularity + half)."""

    half: float


@dataclass(frozen=True)
class Freshness:
    """1/2 to the power of age / half_life; 0 where the age is not known."""

    half_life_s: float


@dataclass(frozen=True)
class Condition:
    """1 where *filter* holds, 0 elsewhere."""

    filter: str


@dataclass(frozen=True)
class Boost:
    """Adds its weight (-1 to 1) times a value between 0 and 1 to a score."""

    name: str
    weight: float
    source: Popularity | Freshness | Condition


@dataclass(frozen=True)
class FacetWish:
    """A field by whose values products are to be counted; *bounds* are where intervals of numbers begin."""

    field: str
    limit: int = 20
    bounds: tuple[float, ...] = ()
    exclude_own_filter: bool = False


@dataclass(frozen=True)
class Query:
    """A search; what is None is chosen on the way.

    Args:
        limit: how many products a page has.
        boosts: names are distinct.
        spoken_filters: what else holds, by the place in the request of the part that said so.
        fields: of products that are returned, as paths of a field mask; empty: all.
        fingerprint: of all of the request but its page.
    """

    catalog: str
    parts: tuple[Part, ...]
    limit: int
    fusion: FusionStrategy
    metric: SimilarityMetric
    ranking: RankingStrategy | None
    space: SpaceKind | None
    diversity_lambda: float | None = None
    filter: str = ""
    facets: tuple[FacetWish, ...] = ()
    grouped: bool = False
    order_by: str = ""
    boosts: tuple[Boost, ...] = ()
    lexical_weight: float | None = None
    hybrid_fusion: HybridFusion = HybridFusion.SCORES
    rescoring: SimilarityMetric | None = None
    min_relevance: float | None = None
    explain: ExplainLevel = ExplainLevel.NONE
    spelling: Spelling = Spelling.SUGGEST
    fields: tuple[str, ...] = ()
    page_token: str = ""
    fingerprint: bytes = b""
    spoken_filters: Mapping[int, str] = field(default_factory=dict)

    def origin(self, place: int) -> int:
        """Return the place in the request of what became the part at *place*."""
        came_from = self.parts[place].origin
        return place if came_from is None else came_from


@dataclass(frozen=True)
class Interval:
    """Numbers from *start* to below *end*; None is open."""

    start: float | None
    end: float | None


@dataclass(frozen=True)
class Facet:
    """The counts of one field: (value, products) in the order in which they are shown."""

    field: str
    values: tuple[tuple[str | float | bool | Interval, int], ...]
    is_exact: bool = True


@dataclass(frozen=True)
class ExcludedVector:
    """Products whose vectors of *space* have a cosine of *similarity* or more with *vector* may not be found."""

    vector: Vector
    similarity: float
    space: SpaceKind


@dataclass(frozen=True)
class Retrieval:
    """What is asked of the index. What is empty is not asked for.

    Args:
        query: what products are compared with; None to look for words alone, or to browse by *order_by*.
        limit: 1 to 1000 products.
        compared: the other spaces in which hits are compared with the query.
        filter: in the grammar of docs/filters.md.
        texts: (text, weight above 0) to look for as words.
        lexical_weight: how much words count beside the vector, 0 to 1.
        grouped: whether of each group of variants the best alone is found.
        excluded_variants_of: products that may not be found, nor their variants.
        excluded_texts: products that have all words of one of these may not be found.
        conditions: filters of which each hit says whether it passes them.
        rescoring: a second, exact comparison.
        only_ids: these products alone are compared.
        counted: whether the products that pass the filter are counted.
    """

    catalog: str
    query: Vector | None
    space: SpaceKind
    metric: SimilarityMetric
    limit: int
    with_vectors: bool = False
    compared: tuple[SpaceKind, ...] = ()
    filter: str = ""
    texts: tuple[tuple[str, float], ...] = ()
    lexical_weight: float = 0.0
    hybrid_fusion: HybridFusion = HybridFusion.SCORES
    grouped: bool = False
    facets: tuple[FacetWish, ...] = ()
    excluded_ids: tuple[str, ...] = ()
    excluded_variants_of: tuple[str, ...] = ()
    excluded_texts: tuple[str, ...] = ()
    excluded_vectors: tuple[ExcludedVector, ...] = ()
    order_by: str = ""
    conditions: tuple[str, ...] = ()
    rescoring: SimilarityMetric | None = None
    only_ids: tuple[str, ...] = ()
    counted: bool = False


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

    Args:
        similarity: the cosine or the Euclidean distance; None where there is no vector to compare.
        elsewhere: how near it is in the other spaces that were asked for, where it has a vector there.
        lexical: BM25 of the words; None where they did not count.
        score: of vector and words together; larger is better. What the hits are ordered by.
        vector_score: how much of that the vector gives; None where words did not count, and so all of it.
        rescored: the second comparison, where one was asked for; then what the hits are ordered by.
        exact_match: whether a text of the query is its id or an article number; such hits stand first.
        conditions: whether it passes each of the conditions that were asked for.
        group_id, group_others: its group of variants, and how many others of it pass the filter.
    """

    id: str
    product: bytes
    similarity: float | None
    view: int
    vector: Vector | None = None
    elsewhere: Mapping[SpaceKind, float] = field(default_factory=dict)
    lexical: float | None = None
    score: float = 0.0
    vector_score: float | None = None
    rescored: float | None = None
    exact_match: bool = False
    conditions: tuple[bool, ...] = ()
    group_id: str = ""
    group_others: int = 0


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
class Hits:
    """What the index found, best first, where, and which index it was; and what it counted."""

    hits: tuple[Hit, ...]
    space: SpaceKind
    index_name: str
    index_space: str
    facets: tuple[Facet, ...] = ()
    total_size: int = 0
    total_is_exact: bool = False


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
class CatalogFacts:
    """What a catalogue is like: the kinds of each attribute's values, and its calibration, by the kind of query."""

    attributes: Mapping[str, tuple[str, ...]]
    calibration: Mapping[str, Curve] = field(default_factory=dict)


@dataclass(frozen=True)
class ProductFacts:
    """What the walk reads of a packed product; an age of None is not known."""

    popularity: int
    age_s: float | None
    group_id: str


@dataclass(frozen=True)
class Labels:
    """What of a packed product others can share with it: its category, and the texts of its attributes, by name."""

    category: str
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


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


class Operator(IntEnum):
    """How a constraint is meant; the numbers are those of Constraint.Operator."""

    IS = 1
    IS_NOT = 2
    AT_MOST = 3
    AT_LEAST = 4


@dataclass(frozen=True)
class Constraint:
    """Something understood, such as price, AT_MOST, "50"; *filter* says the same as a filter, "" where there is none."""

    name: str
    value: str
    operator: Operator
    filter: str = ""


@dataclass(frozen=True)
class HeardSpeech:
    """What was made of a sound.

    Args:
        part: its place in the request.
        mode: SPEECH, SOUND or BOTH.
        probability: that somebody speaks, where that was asked.
        transcript: "" where nothing was understood.
        words: that were searched with.
    """

    part: int
    mode: AudioMode
    probability: float | None = None
    transcript: str = ""
    confidence: float = 0.0
    constraints: tuple[Constraint, ...] = ()
    words: str = ""


@dataclass(frozen=True)
class Answer:
    """The answer to a query, and how it came about.

    Args:
        filter: what held in the end.
        lexical_weight: how much words counted; None where they did not.
        total_size: how many products, or groups, pass the filter.
        chain: what is left to show; None where nothing is.
        speech: what was made of sounds.
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


@dataclass(frozen=True)
class NextPage:
    """A page after the first. *asked* was asked of the index; *head* is what the first one said of the whole, packed."""

    results: tuple[Result, ...]
    asked: Retrieval
    stages: tuple[tuple[str, float], ...]
    head: bytes
    chain: Chain | None


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
