"""Vectors and words as one score."""

import numpy as np
import pytest

from services.search.core.hybrid import Known, Mixture, Score, neutral, scores
from triptych.vocabulary.choices import HybridFusion, SimilarityMetric
from triptych.vocabulary.vectors import Space

COSINE, EUCLIDEAN = SimilarityMetric.COSINE, SimilarityMetric.EUCLIDEAN
SCORES, RANKS = HybridFusion.SCORES, HybridFusion.RANKS
KNOWN = Known({"a": 0.9, "b": 0.5, "c": 0.7}, {"b": 4.0, "c": 2.0, "d": 1.0}, 8.0)


def test_scores_add_goodness_and_the_share_of_the_best():
    """(1 - w) · cosine + w · BM25 / best BM25; what has no word gets nothing for words."""
    found = scores("abcd", KNOWN, Mixture(COSINE, 0.25, 0.0), SCORES)

    assert pytest.approx(0.75 * 0.9) == found["a"].total
    assert pytest.approx(0.75 * 0.5 + 0.25 * 0.5) == found["b"].total
    assert (pytest.approx(0.75 * 0.7), pytest.approx(0.25 * 0.25)) == (found["c"].vector, found["c"].words)
    assert Score(0.0, 0.25 / 8) == found["d"]


def test_a_distance_counts_against_a_product():
    """By distance nearer is better, so the score falls with it."""
    found = scores("ab", KNOWN, Mixture(EUCLIDEAN, 0.0, 0.0), SCORES)

    assert {"a": -0.9, "b": -0.5} == {each: score.total for each, score in found.items()}


def test_ranks_add_reciprocal_ranks_among_the_candidates():
    """(1 - w) / (60 + rank) and w / (60 + rank); equals by id; no part where there is no rank."""
    found = scores("abcd", KNOWN, Mixture(COSINE, 0.25, 0.0), RANKS)

    assert Score(0.75 / 61, 0.0) == found["a"]
    assert Score(0.75 / 63, 0.25 / 61) == found["b"]
    assert Score(0.75 / 62, 0.25 / 62) == found["c"]
    assert Score(0.0, 0.25 / 63) == found["d"]


@pytest.mark.parametrize(("weight", "order"), [(0.0, "acbd"), (1.0, "bcda")])
def test_one_side_alone_has_no_ranks_to_fuse(weight, order):
    """Where one side has all the weight, its own numbers are the scores."""
    ranks = scores("abcd", KNOWN, Mixture(COSINE, weight, 0.0), RANKS)

    assert scores("abcd", KNOWN, Mixture(COSINE, weight, 0.0), SCORES) == ranks
    assert order == "".join(sorted(ranks, key=lambda each: -ranks[each].total))


@pytest.mark.parametrize(
    ("metric", "unit_length", "expected"),
    [(COSINE, True, 0.0), (COSINE, False, 0.0), (EUCLIDEAN, True, -(26**0.5)), (EUCLIDEAN, False, -5.0)],
)
def test_a_product_without_a_vector_is_neither_like_nor_unlike(metric, unit_length, expected):
    """It counts as one at right angles with the query, or, where vectors have any length, as the vector 0."""
    space = Space("p-1/fused", 2, metric, unit_length)

    assert pytest.approx(expected) == neutral(np.array([3, 4], np.float32), space, metric)


def test_nothing_is_lost_where_no_product_has_a_word():
    """Where the best has nothing, words give nothing."""
    found = scores("a", Known({"a": 0.5}, {}, 0.0), Mixture(COSINE, 0.3, 0.0), SCORES)

    assert Score(pytest.approx(0.35), 0.0) == found["a"]
