"""Vectors and words as one score."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from services.search.core.similarity import goodness
from triptych.vocabulary.choices import HybridFusion, SimilarityMetric
from triptych.vocabulary.vectors import Floats, Space

# After Cormack, Clarke and Büttcher (2009).
RANK_CONSTANT = 60


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of products, by id.

    Args:
        similarities: of those that have a vector, by the metric asked for.
        lexical: BM25 of those that have any of the words.
        lexical_best: the largest BM25 of the catalogue's products that pass the filter, whether they are here or not; 0
            where none has a word, None where words do not count.
    """

    similarities: dict[str, float]
    lexical: dict[str, float]
    lexical_best: float | None = None


@dataclass(frozen=True)
class Mixture:
    """How much words count, 0 to 1, and how good the vector of a product is that has none.

    Such a product is neither like the query nor unlike: it counts as one at right angles with it.
    """

    metric: SimilarityMetric
    weight: float
    neutral: float

    def unseen(self, similarity_goodness: float, share: float) -> float:
        """Return the best score of what has no more of either."""
        # Nothing near is left: minus infinity, which 0 times would be no number.
        near = 0.0 if self.weight == 1 else (1 - self.weight) * similarity_goodness
        return near + self.weight * share

    def score(self, similarity: float | None, share: float) -> "Score":
        """Return (1 - w) · goodness and w · share, where *share* is the part of the best BM25 that the product has."""
        near = self.neutral if similarity is None else goodness(similarity, self.metric)
        return Score((1 - self.weight) * near, self.weight * share)


@dataclass(frozen=True)
class Score:
    """What the vector and what the words give to a score; larger is better."""

    vector: float
    words: float

    @property
    def total(self) -> float:
        """Both together."""
        return self.vector + self.words


def neutral(query: Floats | None, space: Space, metric: SimilarityMetric) -> float:
    """Return how good a vector of *space* is at right angles with *query*; where lengths differ, the vector 0."""
    if query is None or metric is SimilarityMetric.COSINE:
        return 0.0
    squared = float((query.astype("float64") ** 2).sum())
    return -math.sqrt(squared + (1.0 if space.unit_length else 0.0))


def scores(ids: Collection[str], known: Known, mixture: Mixture, fusion: HybridFusion) -> dict[str, Score]:
    """Return the score of each of *ids*."""
    if fusion is HybridFusion.RANKS and 0 < mixture.weight < 1:
        return _by_ranks(ids, known, mixture)
    best = known.lexical_best or 1.0
    return {
        each: mixture.score(known.similarities.get(each), known.lexical.get(each, 0.0) / best) for each in ids
    }


def _by_ranks(ids: Collection[str], known: Known, mixture: Mixture) -> dict[str, Score]:
    """Return (1 - w) / (60 + rank by vector) and w / (60 + rank by words); 0 where there is no rank."""
    near = {
        each: goodness(known.similarities[each], mixture.metric) for each in ids if each in known.similarities
    }
    lexical = {each: known.lexical[each] for each in ids if each in known.lexical}
    by_vector, by_words = _reciprocal_ranks(near), _reciprocal_ranks(lexical)
    return {
        each: Score((1 - mixture.weight) * by_vector.get(each, 0.0), mixture.weight * by_words.get(each, 0.0))
        for each in ids
    }


def _reciprocal_ranks(values: Mapping[str, float]) -> dict[str, float]:
    """Return 1 / (60 + rank) by the falling order of *values*, equals by id."""
    order = sorted(values, key=lambda each: (-values[each], each))
    return {each: 1 / (RANK_CONSTANT + rank) for rank, each in enumerate(order, start=1)}
