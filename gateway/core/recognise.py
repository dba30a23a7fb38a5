"""Which product a photo shows: the most similar products of the catalogue vote.

The votes are a softmax of cosines (Goldberger et al., 2004; Wu et al., 2018), so that near products count most:

    vote_i = exp(weight · cosine_i) / Σ_j exp(weight · cosine_j)

A category, or a value of an attribute, gets the votes of the products that have it; a product gets its own, in which its
place counts too, since of products that look the same the first is right more often than their cosines differ:

    vote_i = exp(weight · cosine_i) · place_i^-rank / Σ_j exp(weight · cosine_j) · place_j^-rank

How steep votes are, a curve says for each of the three. A fourth tells of the best cosine how probably the catalogue has
anything like it at all; every probability is the product of that one and the votes.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.core.model.catalog import CatalogFacts, Labels
from gateway.core.model.query import Content, Media
from gateway.core.model.ranking import Curve
from gateway.core.model.retrieval import Hit, Hits, Retrieval
from gateway.core.parts import required
from gateway.core.ports.products import ProductReader
from gateway.core.ports.rooms import Encoder, Index
from gateway.core.relevance import probability
from triptych.vocabulary.choices import Modality, SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import InvalidArgument
from triptych.vocabulary.media import WHOLE, Focus
from triptych.vocabulary.vectors import Vector

KNOWN, CATEGORY, ATTRIBUTE, MATCH = (
    "recognition",
    "recognition_category",
    "recognition_attribute",
    "recognition_match",
)
CURVES = (KNOWN, CATEGORY, ATTRIBUTE, MATCH)
VALUES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(CURVES, ("cosine",)),
    MATCH: ("cosine", "rank"),
}
# Fitted on the demonstration pack's dev photos by `triptych calibrate`: what holds where a catalogue has no curves.
DEFAULTS: Mapping[str, Curve] = {
    KNOWN: Curve(-84.0, {"cosine": 92.9}),
    CATEGORY: Curve(0.0, {"cosine": 100.0}),
    ATTRIBUTE: Curve(0.0, {"cosine": 100.0}),
    MATCH: Curve(0.0, {"cosine": 58.0, "rank": 0.47}),
}
# Products that are farther than the fiftieth have next to no vote.
NEIGHBOURS = 50
CATEGORIES_MAX = 5
ATTRIBUTES_MAX = 16
# Less probable than that is noise.
PROBABILITY_MIN = 0.01
# Products with this share of the votes have an attribute, or it is not one that they share.
SHARED_MIN = 0.5


@dataclass(frozen=True)
class Photo:
    """What is to be recognised; *matches* is how many products are returned."""

    catalog: str
    image: Media
    focus: Focus = WHOLE
    matches: int = 5


@dataclass(frozen=True)
class Guess:
    """A value, and the probability that it is right."""

    value: str
    probability: float


@dataclass(frozen=True)
class Match:
    """A product, and the probability that the photo shows it."""

    hit: Hit
    probability: float


@dataclass(frozen=True)
class Recognition:
    """What a photo shows.

    Args:
        known: the probability that the catalogue has anything like it.
        categories, matches: most probable first.
        attributes: the most probable value of each, by name.
        space: where neighbours were looked for.
        calibrated: whether the curves of known and categories are the catalogue's own; photos of which no product is
            known give no others.
    """

    known: float
    categories: tuple[Guess, ...]
    attributes: Mapping[str, Guess]
    matches: tuple[Match, ...]
    space: SpaceKind
    calibrated: bool

    @property
    def is_nothing_like_it(self) -> bool:
        """Whether more speaks against anything like it being here than for it."""
        return self.known < 0.5


@dataclass(frozen=True)
class Recogniser:
    """Recognises products in photos."""

    encoder: Encoder
    index: Index
    reader: ProductReader

    async def recognise(self, photo: Photo) -> Recognition:
        """Return what *photo* shows.

        Raises:
            InvalidArgument: the photo cannot be read ("image.data"), or its region is too small ("region").
            NotFound: CATALOG_NOT_FOUND.
            Unavailable, DeadlineExceeded: a room does not answer, or not in time.
        """
        facts = await self.index.facts(photo.catalog)
        content = Content(Modality.IMAGE, "image", media=photo.image, focus=photo.focus)
        encoded = await self.encoder.encode([content])
        found = await self._neighbours(photo.catalog, required(encoded.outcomes[0]))
        return told(found, [self.reader.labels(hit.product) for hit in found.hits], facts, photo.matches)

    async def _neighbours(self, catalog: str, vector: Vector) -> Hits:
        """Return the most similar products: by their pictures, or as a whole where none has a picture."""
        for space in (SpaceKind.IMAGE, SpaceKind.FUSED):
            asked = Retrieval(catalog, vector, space, SimilarityMetric.COSINE, NEIGHBOURS)
            try:
                found = await self.index.search(asked)
            except InvalidArgument as error:
                raise error.at("image") from error
            if found.hits:
                break
        return found


def told(found: Hits, labels: Sequence[Labels], facts: CatalogFacts, matches: int) -> Recognition:
    """Return what the neighbours *found* say, whose *labels* stand in their order; *matches* of them are named."""
    cosines = [hit.similarity or 0.0 for hit in found.hits]
    votes = {name: votes_of(cosines, curve_of(facts, name).weights) for name in (CATEGORY, ATTRIBUTE, MATCH)}
    known = probability(curve_of(facts, KNOWN), {"cosine": max(cosines)}) if cosines else 0.0
    return Recognition(
        known,
        categories(votes[CATEGORY], labels, known),
        attributes(votes[ATTRIBUTE], labels, known),
        tuple(
            Match(hit, known * vote)
            for hit, vote in zip(found.hits[:matches], votes[MATCH][:matches], strict=True)
        ),
        found.space,
        KNOWN in facts.calibration and CATEGORY in facts.calibration,
    )


def curve_of(facts: CatalogFacts, name: str) -> Curve:
    """Return the catalogue's curve of that *name*, or the pack's."""
    return facts.calibration.get(name, DEFAULTS[name])


def votes_of(cosines: Sequence[float], weights: Mapping[str, float]) -> list[float]:
    """Return the votes of products with *cosines*, descending; they sum to 1."""
    steep, rank = weights.get("cosine", 0.0), weights.get("rank", 0.0)
    logits = [steep * cosine - rank * math.log(place) for place, cosine in enumerate(cosines, 1)]
    raised = [math.exp(logit - max(logits)) for logit in logits]
    total = math.fsum(raised)
    return [each / total for each in raised]


def categories(votes: Sequence[float], labels: Sequence[Labels], known: float) -> tuple[Guess, ...]:
    """Return the categories that products voted for, most probable first."""
    counted = count(votes, [(each.category,) if each.category else () for each in labels])
    guesses = (Guess(value, known * share) for value, share in counted[:CATEGORIES_MAX])
    return tuple(guess for guess in guesses if guess.probability >= PROBABILITY_MIN)


def attributes(votes: Sequence[float], labels: Sequence[Labels], known: float) -> dict[str, Guess]:
    """Return the most probable value of each attribute that similar products share: at most 16, most probable first."""
    guesses = []
    for name in sorted({name for each in labels for name in each.attributes}):
        having = [each.attributes.get(name, ()) for each in labels]
        best = shared(votes, having)
        if best is not None:
            guesses.append((name, Guess(best[0], known * best[1])))
    guesses.sort(key=lambda item: -item[1].probability)
    return dict(guesses[:ATTRIBUTES_MAX])


def shared(votes: Sequence[float], values: Sequence[Sequence[str]]) -> tuple[str, float] | None:
    """Return the value with the most votes, and its votes; None where products do not share the attribute."""
    having = math.fsum(vote for vote, each in zip(votes, values, strict=True) if each)
    if having < SHARED_MIN:
        return None
    best = count(votes, values)[0]
    return best if sum(best[0] in each for each in values) > 1 else None


def count(votes: Sequence[float], values: Sequence[Sequence[str]]) -> list[tuple[str, float]]:
    """Return (value, votes of the products that have it), most first, equal ones by name."""
    totals: defaultdict[str, float] = defaultdict(float)
    for vote, each in zip(votes, values, strict=True):
        for value in set(each):
            totals[value] += vote
    # Rounding may lift a sum of votes a little above 1.
    return sorted(((value, min(1.0, total)) for value, total in totals.items()), key=lambda x: (-x[1], x[0]))
