"""From the index's metric to the metric that was asked for."""

import numpy as np
import pytest

from services.search.core.model import Collection
from services.search.core.similarity import as_asked, check_metric, indexed_metric
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import FailedPrecondition
from triptych.vocabulary.vectors import Space

COSINE, EUCLIDEAN = SimilarityMetric.COSINE, SimilarityMetric.EUCLIDEAN


def collection(metric, *, unit_length):
    return Collection("c", "shop", SpaceKind.TEXT, Space("p/text", 2, metric, unit_length))


@pytest.mark.parametrize("metric", SimilarityMetric)
def test_unit_vectors_answer_both_metrics(metric):
    """Vectors of length 1 are indexed by cosine whatever their space prefers, and refuse no metric."""
    unit = collection(metric, unit_length=True)

    assert COSINE is indexed_metric(unit.space)
    for asked in (COSINE, EUCLIDEAN):
        check_metric(unit, asked)


@pytest.mark.parametrize(("metric", "other"), [(COSINE, EUCLIDEAN), (EUCLIDEAN, COSINE)])
def test_other_vectors_answer_their_own_metric(metric, other):
    """Vectors of any length are indexed by one metric, and the error names it."""
    raw = collection(metric, unit_length=False)

    check_metric(raw, metric)
    with pytest.raises(FailedPrecondition) as caught:
        check_metric(raw, other)
    assert {"indexed": metric.name} == caught.value.metadata


def test_distances_from_cosines():
    """The law of cosines gives the true distance, for queries of any length."""
    query = np.array([3.0, 4.0], np.float32)
    vectors = np.array([[1, 0], [0, 1], [-1, 0], [0.6, 0.8]])

    distances = as_asked([0.6, 0.8, -0.6, 1.0], collection(COSINE, unit_length=True), query, EUCLIDEAN)

    assert np.linalg.norm(vectors - query, axis=1).tolist() == pytest.approx(distances)


def test_rounding_never_leaves_the_range():
    """A cosine a little beyond 1 is 1, and its distance 0, not a number that is none."""
    unit = collection(COSINE, unit_length=True)
    query = np.array([1.0, 0.0], np.float32)

    assert [1.0, -1.0] == as_asked([1.0000002, -1.0000002], unit, query, COSINE)
    assert [0.0] == as_asked([1.0000002], unit, query, EUCLIDEAN)
