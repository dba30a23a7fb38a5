"""Fakes of the other rooms, each implementing its port."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from gateway.core.model import (
    Candidate,
    CatalogFacts,
    Content,
    Curve,
    Description,
    Encoded,
    Fused,
    Hit,
    Hits,
    Media,
    PartVector,
    ProductRecord,
    Ranked,
    RankingOffer,
    Retrieval,
    Transcript,
)
from triptych.vocabulary.choices import (
    FusionStrategy,
    Modality,
    RankingStrategy,
    SimilarityMetric,
    SpaceKind,
)
from triptych.vocabulary.errors import InvalidArgument, NotFound, Reason, TriptychError
from triptych.vocabulary.vectors import ModelVersion, Space, Vector, unit

PACK = "fake-1"
DIMENSION = 32


def word_vector(words: str) -> np.ndarray:
    """A direction per word, summed: texts that share words are near one another."""
    rows = [np.random.default_rng(abs(hash(word)) % 2**32).normal(size=DIMENSION) for word in words.split()]
    return unit(np.sum(rows, axis=0).astype(np.float32))


def words_in(media: Media) -> str:
    """What a picture shows or a sound says, to the fake encoder."""
    words = media.data.decode()
    if words == "broken":
        raise InvalidArgument("No.", reason=Reason.MEDIA_EMPTY, field="image.data")
    return words


@dataclass
class FakeEncoder:
    """Reads pictures and sounds as if their bytes were words."""

    calls: list[Sequence[Content]] = field(default_factory=list)

    async def encode(self, contents: Sequence[Content]) -> Encoded:
        self.calls.append(contents)
        kinds = {content.modality.name.lower() for content in contents}
        return Encoded(
            tuple(self._outcome(content) for content in contents),
            tuple(Space(f"{PACK}/{kind}", DIMENSION) for kind in sorted(kinds)),
            tuple(ModelVersion(f"{kind}_encoder", "1", f"{PACK}/{kind}") for kind in sorted(kinds)),
        )

    async def describe(self, image: Media) -> Description:
        return Description(f"A {words_in(image)}.", 0.75, ModelVersion("describer", "1", ""))

    async def transcribe(self, audio: Media) -> Transcript:
        colour, _, noun = words_in(audio).partition(" ")
        slots = {"category": noun, "colour": colour}
        return Transcript(f"{colour} {noun}", 0.5, slots, ModelVersion("transcriber", "1", ""))

    def _outcome(self, content: Content) -> Vector | TriptychError:
        words = content.text or content.media.data.decode()
        if words == "broken":
            return InvalidArgument("No.", reason=Reason.IMAGE_UNREADABLE, field=f"{content.field}.data")
        return Vector(word_vector(words), f"{PACK}/{content.modality.name.lower()}")


@dataclass
class FakeFuser:
    """The weighted sum."""

    calls: list[tuple[FusionStrategy, Sequence[Sequence[PartVector]]]] = field(default_factory=list)

    async def fuse(self, strategy: FusionStrategy, groups: Sequence[Sequence[PartVector]]) -> Fused:
        self.calls.append((strategy, groups))
        return Fused(
            tuple(self._fuse(group) for group in groups),
            Space(f"{PACK}/fused", DIMENSION),
            (ModelVersion("fusion", "1", f"{PACK}/fused"),),
        )

    def _fuse(self, group: Sequence[PartVector]) -> Vector | TriptychError:
        total = np.sum([part.weight * part.vector.values for part in group], axis=0)
        if np.linalg.norm(total) < 1e-6:
            return InvalidArgument("They cancel.", reason=Reason.PARTS_CANCEL, field="vectors")
        return Vector(unit(total), f"{PACK}/fused")


@dataclass
class FakeIndex:
    """Exact search over what was written."""

    products: dict[str, dict[str, ProductRecord]] = field(default_factory=dict)
    searches: list[Retrieval] = field(default_factory=list)
    refused: frozenset[str] = frozenset()
    calibrations: dict[str, Mapping[str, Curve]] = field(default_factory=dict)

    async def search(self, retrieval: Retrieval) -> Hits:
        self.searches.append(retrieval)
        query, space, metric = retrieval.query, retrieval.space, retrieval.metric
        assert query is not None
        if len(query.values) != DIMENSION:
            raise InvalidArgument("Wrong.", reason=Reason.DIMENSION_MISMATCH, field="query.dimension")
        found = [
            hit
            for record in self._catalog(retrieval.catalog).values()
            if (hit := best(record, query, space, metric)) is not None
        ]
        found.sort(key=lambda hit: (-hit.score, hit.id))
        found = [self._compared(retrieval.catalog, hit, query, metric, retrieval.compared) for hit in found]
        name = space.name.lower()
        return Hits(tuple(found[: retrieval.limit]), space, f"{retrieval.catalog}__{name}", f"{PACK}/{name}")

    def _compared(
        self, catalog: str, hit: Hit, query: Vector, metric: SimilarityMetric, kinds: Sequence[SpaceKind]
    ) -> Hit:
        record = self.products[catalog][hit.id]
        near = {kind: best(record, query, kind, metric) for kind in kinds}
        return replace(hit, elsewhere={kind: each.similarity for kind, each in near.items() if each})

    async def write(
        self, catalog: str, spaces: Mapping[SpaceKind, Space], products: Sequence[ProductRecord]
    ) -> list[TriptychError | None]:
        stored = self.products.setdefault(catalog, {})
        outcomes: list[TriptychError | None] = []
        for product in products:
            assert {vector.kind for vector in product.vectors} <= set(spaces)
            if product.id in self.refused:
                outcomes.append(InvalidArgument("Too large.", reason=Reason.PRODUCT_TOO_LARGE))
                continue
            stored[product.id] = product
            outcomes.append(None)
        return outcomes

    async def read(self, catalog: str, ids: Sequence[str], *, with_vectors: bool) -> list[ProductRecord]:
        stored = self._catalog(catalog)
        records = [stored[product_id] for product_id in ids if product_id in stored]
        fused = [tuple(v for v in r.vectors if v.kind is SpaceKind.FUSED) for r in records]
        return [
            ProductRecord(record.id, record.record, vectors if with_vectors else ())
            for record, vectors in zip(records, fused, strict=True)
        ]

    async def corrected(self, catalog: str, text: str) -> str:
        self._catalog(catalog)
        return ""

    async def facts(self, catalog: str) -> CatalogFacts:
        self._catalog(catalog)
        return CatalogFacts({}, self.calibrations.get(catalog, {}))

    async def set_calibration(self, catalog: str, curves: Mapping[str, Curve]) -> None:
        self._catalog(catalog)
        self.calibrations[catalog] = curves

    async def remove(self, catalog: str, ids: Sequence[str]) -> list[str]:
        stored = self._catalog(catalog)
        return [product_id for product_id in ids if stored.pop(product_id, None) is None]

    def _catalog(self, catalog: str) -> dict[str, ProductRecord]:
        if catalog not in self.products:
            raise NotFound("No such catalogue.", reason=Reason.CATALOG_NOT_FOUND, field="catalog")
        return self.products[catalog]


def best(record: ProductRecord, query: Vector, space: SpaceKind, metric: SimilarityMetric) -> Hit | None:
    """The nearest view of a product in a space."""
    views = [v for v in record.vectors if v.kind is space]
    if not views:
        return None
    nearest = max(views, key=lambda v: float(v.vector.values @ query.values))
    cosine = float(nearest.vector.values @ query.values)
    similarity = float(np.sqrt(max(2 - 2 * cosine, 0))) if metric is SimilarityMetric.EUCLIDEAN else cosine
    score = -similarity if metric is SimilarityMetric.EUCLIDEAN else similarity
    return Hit(record.id, record.record, similarity, nearest.view, nearest.vector, score=score)


@dataclass
class FakeRanker:
    """Keeps the order of the scores, and halves them so that its hand can be seen; its network wants *features*."""

    features: tuple[str, ...] = ()
    calls: list[RankingStrategy] = field(default_factory=list)
    judged: list[Sequence[Candidate]] = field(default_factory=list)

    async def rank(
        self,
        strategy: RankingStrategy,
        candidates: Sequence[Candidate],
        *,
        limit: int,
        diversity_lambda: float | None = None,
        features: Sequence[str] = (),
    ) -> Ranked:
        assert tuple(features) == (self.features if strategy is RankingStrategy.LEARNED else ())
        self.calls.append(strategy)
        self.judged.append(candidates)
        order = sorted(range(len(candidates)), key=lambda place: -candidates[place].score)
        return Ranked(tuple((place, candidates[place].score / 2) for place in order[:limit]))

    async def offer(self) -> RankingOffer:
        greedy = {RankingStrategy.SIMILARITY, RankingStrategy.DIVERSE}
        return RankingOffer(
            frozenset(greedy | ({RankingStrategy.LEARNED} if self.features else set())), self.features
        )


def text_part_vector(words: str, weight: float = 1.0) -> PartVector:
    """A text's vector as a part."""
    return PartVector(Vector(word_vector(words), f"{PACK}/text"), Modality.TEXT, weight)
