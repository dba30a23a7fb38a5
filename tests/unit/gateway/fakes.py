"""Fakes of the other rooms, each implementing its port."""

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from gateway.core.explain.grid import cells
from gateway.core.model.catalog import CatalogFacts, ProductRecord
from gateway.core.model.keeping import CatalogDescription, KeptSpace
from gateway.core.model.query import Content, FacetWish, Media
from gateway.core.model.ranking import Candidate, Curve, Ranked, RankingOffer
from gateway.core.model.retrieval import Facet, Hit, Hits, Retrieval
from gateway.core.model.vectors import Encoded, Fused, PartVector
from gateway.core.model.words import Description, Transcript
from gateway.core.model.writes import Written
from services.search.core.filters.evaluate import evaluate
from services.search.core.filters.parse import parse
from services.search.core.model import Facts
from triptych.v1.types_pb2 import Product
from triptych.vocabulary.choices import (
    FusionStrategy,
    Modality,
    RankingStrategy,
    SimilarityMetric,
    SpaceKind,
)
from triptych.vocabulary.errors import InvalidArgument, NotFound, Reason, TriptychError
from triptych.vocabulary.media import Box
from triptych.vocabulary.vectors import ModelVersion, Space, Vector, unit

PACK = "fake-1"
DIMENSION = 32


def word_vector(words: str) -> np.ndarray:
    """A direction per word, summed: texts that share words are near one another."""
    rows = [np.random.default_rng(zlib.crc32(word.encode())).normal(size=DIMENSION) for word in words.split()]
    return unit(np.sum(rows, axis=0).astype(np.float32))


def without_cell(words: str, covered: Box) -> str:
    """What a picture still shows: its words lie on the cells of the grid, row by row."""
    cell = cells().index(covered)
    return " ".join(word for place, word in enumerate(words.split()) if place != cell) or words


def words_in(media: Media) -> str:
    """What a picture shows or a sound says, to the fake encoder."""
    words = media.data.decode()
    if words == "broken":
        raise InvalidArgument("No.", reason=Reason.MEDIA_EMPTY, field="image.data")
    return words


@dataclass
class FakeEncoder:
    """Reads pictures and sounds as if their bytes were words; *speech* is the probability that somebody speaks."""

    calls: list[Sequence[Content]] = field(default_factory=list)
    speech: float = 0.0
    kept: list[bool] = field(default_factory=list)

    async def encode(self, contents: Sequence[Content], *, keep_media: bool = False) -> Encoded:
        self.calls.append(contents)
        self.kept.append(keep_media)
        kinds = {content.modality.name.lower() for content in contents}
        return Encoded(
            tuple(self._outcome(content) for content in contents),
            tuple(Space(f"{PACK}/{kind}", DIMENSION) for kind in sorted(kinds)),
            tuple(ModelVersion(f"{kind}_encoder", "1", f"{PACK}/{kind}") for kind in sorted(kinds)),
            tuple(f"sha256:{each.media.data.hex()}" if keep_media else "" for each in contents),
        )

    async def describe(self, image: Media) -> Description:
        return Description(f"A {words_in(image)}.", 0.75, ModelVersion("describer", "1", ""))

    async def detect_speech(self, audio: Media) -> float:
        words_in(audio)
        return self.speech

    async def transcribe(self, audio: Media) -> Transcript:
        colour, _, noun = words_in(audio).partition(" ")
        slots = {"category": noun, "colour": colour}
        return Transcript(f"{colour} {noun}", 0.5, slots, ModelVersion("transcriber", "1", ""))

    def _outcome(self, content: Content) -> Vector | TriptychError:
        words = content.text or content.media.data.decode()
        if words == "broken":
            return InvalidArgument("No.", reason=Reason.IMAGE_UNREADABLE, field=f"{content.field}.data")
        if content.focus.covered:
            words = without_cell(words, content.focus.covered)
        return Vector(word_vector(words), f"{PACK}/{content.modality.name.lower()}")


@dataclass
class FakeFuser:
    """The weighted sum."""

    calls: list[tuple[FusionStrategy, Sequence[Sequence[PartVector]]]] = field(default_factory=list)

    async def fuse(self, strategy: FusionStrategy, groups: Sequence[Sequence[PartVector]]) -> Fused:
        self.calls.append((strategy, groups))
        return Fused(
            tuple(self._fuse(group) for group in groups),
            await self.fused_space(),
            (ModelVersion("fusion", "1", f"{PACK}/fused"),),
        )

    async def fused_space(self) -> Space:
        return Space(f"{PACK}/fused", DIMENSION)

    def _fuse(self, group: Sequence[PartVector]) -> Vector | TriptychError:
        # As the fusion room does: neither the order of the parts nor the scale of the weights matters.
        total = math.fsum(abs(part.weight) for part in group)
        rows = sorted((part.weight / total * part.vector.values).tolist() for part in group)
        summed = np.sum(np.array(rows, np.float32), axis=0)
        if np.linalg.norm(summed) < 1e-6:
            return InvalidArgument("They cancel.", reason=Reason.PARTS_CANCEL, field="vectors")
        return Vector(unit(summed), f"{PACK}/fused")


@dataclass
class FakeIndex:
    """Exact search over what was written; a bounded read does not see what is *unseen*."""

    products: dict[str, dict[str, ProductRecord]] = field(default_factory=dict)
    searches: list[Retrieval] = field(default_factory=list)
    refused: frozenset[str] = frozenset()
    calibrations: dict[str, Mapping[str, Curve]] = field(default_factory=dict)
    corrections: dict[str, str] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)

    async def search(self, retrieval: Retrieval) -> Hits:
        self.searches.append(retrieval)
        query, space = retrieval.query, retrieval.space
        # The room refuses what has neither something to look for nor an order.
        assert query or retrieval.texts or retrieval.only_ids or retrieval.order_by
        if query is not None and len(query.values) != DIMENSION:
            raise InvalidArgument("Wrong.", reason=Reason.DIMENSION_MISMATCH, field="query.dimension")
        stored = self._catalog(retrieval.catalog)
        facts = {product_id: facts_of(record) for product_id, record in stored.items()}
        attributes = attributes_of(facts.values())
        passing = [
            stored[product_id]
            for product_id, each in facts.items()
            if passes(retrieval.filter, "filter", product_id, each, attributes)
            and is_wanted(retrieval, stored, facts, product_id)
        ]
        hits = [hit for record in passing if (hit := self._hit(retrieval, record, facts[record.id]))]
        hits.sort(key=lambda hit: (not hit.exact_match, -hit.score, hit.id))
        hits = [
            replace(
                hit,
                conditions=tuple(
                    passes(each, f"conditions[{place}]", hit.id, facts[hit.id], attributes)
                    for place, each in enumerate(retrieval.conditions)
                ),
            )
            for hit in hits
        ]
        browses = query is None and not retrieval.texts
        if browses and retrieval.order_by:
            hits.sort(key=lambda hit: order_key(retrieval.order_by, facts[hit.id]))
        if retrieval.grouped:
            hits = best_of_groups(hits)
        hits = hits if browses else hits[: retrieval.limit]
        if retrieval.rescoring is not None:
            hits = [replace(hit, rescored=hit.similarity) for hit in hits]
        if retrieval.order_by:
            hits.sort(key=lambda hit: order_key(retrieval.order_by, facts[hit.id]))
        hits = hits[: retrieval.limit]
        if (limit := retrieval.products_limit) is not None:
            hits = [*hits[:limit], *(replace(hit, product=b"") for hit in hits[limit:])]
        name = space.name.lower()
        return Hits(
            tuple(hits),
            space,
            f"{retrieval.catalog}__{name}",
            f"{PACK}/{name}",
            tuple(counted(wish, [facts[record.id] for record in passing]) for wish in retrieval.facets),
            len(passing) if retrieval.counted else 0,
            retrieval.counted and not retrieval.grouped,
        )

    def _hit(self, asked: Retrieval, record: ProductRecord, facts: Facts) -> Hit | None:
        """The product as a hit; None where neither its vector nor its words are compared."""
        query = asked.query
        near = best(record, query, asked.space, asked.metric) if query else None
        texts = [text for text, _ in asked.texts]
        is_exact = any(text.casefold() == record.id.casefold() for text in texts)
        lexical = None
        if asked.lexical_weight:
            words = set(facts.title.casefold().split())
            lexical = math.fsum(
                weight * len(words & set(text.casefold().split())) for text, weight in asked.texts
            )
        browses = query is None and not texts
        if near is None and not lexical and not is_exact and not browses and not asked.only_ids:
            return None
        fused = next(v.vector for v in record.vectors if v.kind is SpaceKind.FUSED)
        hit = near or Hit(record.id, record.record, None, 0, fused)
        others = {kind: best(record, query, kind, asked.metric) for kind in asked.compared} if query else {}
        return replace(
            hit,
            elsewhere={kind: each.similarity for kind, each in others.items() if each},
            score=hit.score * (1 - asked.lexical_weight) + (lexical or 0) * asked.lexical_weight,
            vector_score=hit.score * (1 - asked.lexical_weight) if asked.lexical_weight else None,
            lexical=lexical,
            exact_match=is_exact,
            group_id=facts.group_id,
        )

    async def write(
        self, catalog: str, spaces: Mapping[SpaceKind, Space], products: Sequence[ProductRecord]
    ) -> list[Written | TriptychError]:
        stored = self.products.setdefault(catalog, {})
        outcomes: list[Written | TriptychError] = []
        for product in products:
            assert {vector.kind for vector in product.vectors} <= set(spaces)
            if product.id in self.refused:
                outcomes.append(InvalidArgument("Too large.", reason=Reason.PRODUCT_TOO_LARGE))
                continue
            stored[product.id] = product
            outcomes.append(Written())
        return outcomes

    async def read(
        self, catalog: str, ids: Sequence[str], *, with_vectors: bool, bounded: bool = False
    ) -> list[ProductRecord]:
        assert ids, "the room refuses to read nothing"
        stored = self._catalog(catalog)
        seen = stored.keys() - self.unseen if bounded else stored.keys()
        records = [stored[product_id] for product_id in ids if product_id in seen]
        fused = [tuple(v for v in r.vectors if v.kind is SpaceKind.FUSED) for r in records]
        return [
            ProductRecord(record.id, record.record, vectors if with_vectors else ())
            for record, vectors in zip(records, fused, strict=True)
        ]

    async def corrected(self, catalog: str, text: str) -> str:
        self._catalog(catalog)
        better = " ".join(self.corrections.get(word, word) for word in text.split())
        return better if better != text else ""

    async def completions(self, catalog: str, text: str, limit: int) -> list[tuple[str, int]]:
        titles = Counter(facts_of(each).title for each in self._catalog(catalog).values())
        return sorted(each for each in titles.items() if each[0].startswith(text))[:limit]

    async def facts(self, catalog: str, *, fresh: bool = False) -> CatalogFacts:
        attributes = attributes_of([facts_of(record) for record in self._catalog(catalog).values()])
        return CatalogFacts(
            {name: tuple(kinds) for name, kinds in attributes.items()}, self.calibrations.get(catalog, {})
        )

    async def describe(self, catalog: str) -> CatalogDescription:
        products = self._catalog(catalog)
        kept = KeptSpace(
            SpaceKind.FUSED, Space(f"{PACK}/fused", DIMENSION), len(products), f"{catalog}__fused"
        )
        return CatalogDescription(await self.facts(catalog), (kept,))

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


def facts_of(record: ProductRecord) -> Facts:
    """What the packed product can be filtered by."""
    product = Product.FromString(record.record)
    return Facts(
        title=product.title,
        brand=product.brand,
        category=product.category,
        price=product.price.units + product.price.nanos / 1e9 if product.HasField("price") else None,
        in_stock=product.in_stock if product.HasField("in_stock") else None,
        popularity=product.popularity,
        group_id=product.group_id,
        attributes={name: value.string_value for name, value in product.attributes.items()},
    )


def attributes_of(facts: Iterable[Facts]) -> dict[str, tuple[str, ...]]:
    """The attributes, all of them strings."""
    return {name: ("string",) for each in facts for name in each.attributes}


def passes(
    text: str, name: str, product_id: str, facts: Facts, attributes: Mapping[str, Iterable[str]]
) -> bool:
    """Whether a product passes a filter, in the search room's own grammar."""
    try:
        tree = parse(text, attributes)
    except InvalidArgument as error:
        raise error.at(name) from error
    return tree is None or evaluate(tree, product_id, facts)


def is_wanted(
    asked: Retrieval, stored: Mapping[str, ProductRecord], facts: Mapping[str, Facts], product_id: str
) -> bool:
    """Whether a product is asked for and not excluded."""
    groups = {facts[each].group_id for each in asked.excluded_variants_of if each in facts} - {""}
    words = set(facts[product_id].title.casefold().split())
    return (
        (not asked.only_ids or product_id in asked.only_ids)
        and product_id not in {*asked.excluded_ids, *asked.excluded_variants_of}
        and facts[product_id].group_id not in groups
        and not any(set(text.casefold().split()) <= words for text in asked.excluded_texts)
        and not any(
            (near := best(stored[product_id], each.vector, each.space, SimilarityMetric.COSINE))
            and near.similarity is not None
            and near.similarity >= each.similarity
            for each in asked.excluded_vectors
        )
    )


def best_of_groups(hits: Sequence[Hit]) -> list[Hit]:
    """The best hit of each group, which knows how many others there are."""
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.group_id or f" {hit.id}", []).append(hit)
    return [replace(group[0], group_others=len(group) - 1) for group in groups.values()]


def order_key(order_by: str, facts: Facts) -> tuple[bool, float]:
    """Where a product stands by a field; last where it lacks it."""
    name, _, direction = order_by.partition(" ")
    value = getattr(facts, name)
    return value is None, (value or 0) * (-1 if direction == "desc" else 1)


def counted(wish: FacetWish, facts: Iterable[Facts]) -> Facet:
    """The counts of a field of strings."""
    name = wish.field.removeprefix("attributes.")
    of_attribute = name != wish.field
    counts = Counter(each.attributes.get(name) if of_attribute else getattr(each, name) for each in facts)
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Facet(wish.field, tuple((value, count) for value, count in order if value)[: wish.limit])


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
        scores = [each.score / 2 + each.boost for each in candidates]
        order = sorted(range(len(candidates)), key=lambda place: (-scores[place], candidates[place].hit.id))
        return Ranked(tuple((place, scores[place]) for place in order[:limit]))

    async def offer(self) -> RankingOffer:
        greedy = {RankingStrategy.SIMILARITY, RankingStrategy.DIVERSE}
        return RankingOffer(
            frozenset(greedy | ({RankingStrategy.LEARNED} if self.features else set())), self.features
        )


def text_part_vector(words: str, weight: float = 1.0) -> PartVector:
    """A text's vector as a part."""
    return PartVector(Vector(word_vector(words), f"{PACK}/text"), Modality.TEXT, weight)
