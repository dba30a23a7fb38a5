"""How a collection is indexed, and how its numbers answer the metric that a query asks for."""

import math

import numpy as np

from services.search.core.model import Collection
from triptych.vocabulary.choices import SimilarityMetric
from triptych.vocabulary.errors import FailedPrecondition, InvalidArgument, Reason
from triptych.vocabulary.vectors import Floats, Space


def indexed_metric(space: Space) -> SimilarityMetric:
    """Return the metric that vectors of *space* are indexed by.

    Vectors of length 1 are indexed by cosine, which answers both metrics.
    """
    return SimilarityMetric.COSINE if space.unit_length else space.metric


def check_metric(collection: Collection, metric: SimilarityMetric) -> None:
    """Check that the index of *collection* can answer *metric*.

    Raises:
        InvalidArgument: no index answers it (FIELD_INVALID).
        FailedPrecondition: its vectors have any length, and it is indexed by the other metric (SIMILARITY_NOT_INDEXED).
    """
    if metric is SimilarityMetric.MAHALANOBIS:
        raise InvalidArgument(
            "MAHALANOBIS is for rescoring; the index is searched by COSINE or EUCLIDEAN.",
            reason=Reason.FIELD_INVALID,
            field="metric",
        )
    indexed = indexed_metric(collection.space)
    if collection.space.unit_length or metric is indexed:
        return
    raise FailedPrecondition(
        f"The {collection.kind.name.lower()} space of this catalogue is indexed by {indexed.name} alone.",
        reason=Reason.SIMILARITY_NOT_INDEXED,
        field="metric",
        metadata={"indexed": indexed.name},
    )


def as_asked(
    similarities: list[float], collection: Collection, query: Floats, metric: SimilarityMetric
) -> list[float]:
    """Return *similarities* of neighbours, given by the collection's indexed metric, by the *metric* asked for.

    For a stored vector v of length 1, a query q and the cosine c of the two, ‖q − v‖² = ‖q‖² + 1 − 2‖q‖c. The
    distance falls as the cosine rises, so the order is the same. Cosines are float32, so distances below 0.001 are
    exact to 0.0005 only.
    """
    if indexed_metric(collection.space) is SimilarityMetric.EUCLIDEAN:
        return similarities
    # Rounding can take the cosine of two like vectors past 1.
    cosines = [max(-1.0, min(1.0, value)) for value in similarities]
    if metric is SimilarityMetric.COSINE:
        return cosines
    length = math.sqrt(float(np.dot(query.astype(np.float64), query)))
    return [math.sqrt(max(0.0, length * length + 1.0 - 2.0 * length * value)) for value in cosines]


def goodness(similarity: float, metric: SimilarityMetric) -> float:
    """Return how good a similarity is; larger is better under every metric."""
    return similarity if metric is SimilarityMetric.COSINE else -similarity


def similarities(vectors: Floats, query: Floats, space: Space) -> Floats:
    """Return how near to *query* each of *vectors* of *space* is, by its `indexed_metric`, exactly; of shape (rows,).

    Args:
        vectors: shape (rows, dimension).
        query: shape (dimension,).
        space: of the vectors.
    """
    others, one = vectors.astype(np.float64), query.astype(np.float64)
    if indexed_metric(space) is SimilarityMetric.EUCLIDEAN:
        distances: Floats = np.linalg.norm(others - one, axis=1)
        return distances
    cosines: Floats = others @ one / (np.linalg.norm(others, axis=1) * np.linalg.norm(one))
    return cosines


def order_of(near: Floats, space: Space) -> list[int]:
    """Return the places of *near*, given by the `indexed_metric` of *space*, nearest first."""
    falling = near if indexed_metric(space) is SimilarityMetric.EUCLIDEAN else -near
    return [int(place) for place in np.argsort(falling, kind="stable")]
