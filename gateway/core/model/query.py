"""What is looked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from triptych.vocabulary.choices import (
    AudioMode,
    Consistency,
    FusionStrategy,
    HybridFusion,
    Modality,
    RankingStrategy,
    SimilarityMetric,
    SpaceKind,
)
from triptych.vocabulary.media import WHOLE, Focus
from triptych.vocabulary.vectors import Vector

# From this cosine on, unless a part says otherwise, a product is left out with an excluded picture, sound or vector.
EXCLUDE_SIMILARITY = 0.9


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
    """A picture or a sound: its bytes, where they are, or the id under which they were kept, which no client may name."""

    data: bytes = b""
    uri: str = ""
    content_id: str = ""


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
        consistency: how much of what was written lately is seen; None as the search room is set.
        fingerprint: of all of the request but its page.
        strict: whether nothing may be left out to answer in time.
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
    consistency: Consistency | None = None
    page_token: str = ""
    fingerprint: bytes = b""
    spoken_filters: Mapping[int, str] = field(default_factory=dict)
    strict: bool = False

    @property
    def browses(self) -> bool:
        """Whether nothing is looked for, so that a field alone decides which products come first."""
        return not self.parts

    def origin(self, place: int) -> int:
        """Return the place in the request of what became the part at *place*."""
        came_from = self.parts[place].origin
        return place if came_from is None else came_from
