"""The figures of one direction: metrics per query and on the mean, calibration, curves for the plots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation import calibration, metrics, pairs
from training.evaluation.answers import DEPTH, Answer, gains_of, ideal_of, scores_of
from training.evaluation.bootstrap import mean_interval
from training.evaluation.queries import Query

Array = NDArray[np.float64]

METRICS = ("R@1", "R@5", "R@10", "Recall@10", "P@10", "MRR", "nDCG@10", "mAP")
HISTOGRAM_BINS = 40
EXAMPLE_DEPTH = 10


@dataclass(frozen=True)
class Figure:
    """A mean over the queries and its 95 % interval by bootstrap."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Calibration:
    """How far the confidence in the first result can be believed; temperature fitted on every second query.

    Confidence is the softmax over the similarities of what was found; error and bins are of the other queries.
    """

    temperature: float
    error: float
    bins: tuple[calibration.Bin, ...]


@dataclass(frozen=True)
class Histogram:
    """How similar right and wrong products are to the query, among those found: counts between the edges."""

    edges: tuple[float, ...]
    right: tuple[int, ...]
    wrong: tuple[int, ...]


@dataclass(frozen=True)
class Direction:
    """What is told of one direction, such as "text → image".

    Args:
        name: the direction.
        queries: their ids.
        figures: by the names in METRICS.
        pair_accuracy: match or no match, threshold from every second query; see `pair_accuracy`.
        curve: R@k for k = 1 … DEPTH.
        per_query: each metric of each query.
        found: the first ids of each answer.
    """

    name: str
    queries: tuple[str, ...]
    figures: Mapping[str, Figure]
    pair_accuracy: float
    calibration: Calibration
    curve: tuple[float, ...]
    histogram: Histogram
    per_query: Mapping[str, tuple[float, ...]]
    found: tuple[tuple[str, ...], ...]


def direction_figures(
    name: str, queries: Sequence[Query], answers: Sequence[Answer], seed: int = 0
) -> Direction:
    """Return the figures of the *answers* to the *queries* of one direction."""
    gains, scores = gains_of(answers, queries), scores_of(answers)
    values = per_query(gains, ideal_of(queries))
    return Direction(
        name=name,
        queries=tuple(query.id for query in queries),
        figures={
            metric: Figure(float(each.mean()), *mean_interval(each, seed)) for metric, each in values.items()
        },
        pair_accuracy=pair_accuracy(gains, scores, seed),
        calibration=calibrated(gains, scores),
        curve=tuple(float(metrics.success_at(gains, k).mean()) for k in range(1, DEPTH + 1)),
        histogram=histogram(gains, scores),
        per_query={metric: tuple(map(float, each)) for metric, each in values.items()},
        found=tuple(answer.ids[:EXAMPLE_DEPTH] for answer in answers),
    )


def per_query(gains: Array, ideal: Array) -> dict[str, Array]:
    """Return every metric of METRICS [Q]; R@k asks whether any of the first k is right."""
    return {
        "R@1": metrics.success_at(gains, 1),
        "R@5": metrics.success_at(gains, 5),
        "R@10": metrics.success_at(gains, 10),
        "Recall@10": metrics.recall_at(gains, ideal, 10),
        "P@10": metrics.precision_at(gains, 10),
        "MRR": metrics.reciprocal_rank(gains),
        "nDCG@10": metrics.ndcg_at(gains, ideal, 10),
        "mAP": metrics.average_precision(gains, ideal),
    }


def calibrated(gains: Array, scores: Array) -> Calibration:
    """Return how far the confidence in the first result can be believed."""
    found = np.isfinite(scores[:, 0])
    gains, scores = gains[found], scores[found]
    temperature = calibration.fit_temperature(scores[::2], gains[::2] > 0)
    confidence = calibration.softmax(scores[1::2], temperature)[:, 0]
    right = (gains[1::2, 0] > 0).astype(np.float64)
    return Calibration(
        temperature=temperature,
        error=calibration.expected_calibration_error(confidence, right),
        bins=tuple(calibration.reliability(confidence, right)),
    )


def pair_accuracy(gains: Array, scores: Array, seed: int = 0) -> float:
    """Return how often a right product is told from a wrong one by a threshold on the similarity.

    Each query gives two pairs: with the first right product found (counted as missed where none was), and with one
    drawn from the wrong ones found, which is harder than one drawn from all. The threshold is chosen on every second
    query and reported on the others.
    """
    right, found = gains > 0, np.isfinite(scores)
    rng = np.random.default_rng(seed)
    drawn = np.where(~right & found, rng.random(gains.shape), -1.0)
    rows = np.arange(len(gains))
    matches = np.where(right.any(axis=1), scores[rows, right.argmax(axis=1)], -2.0)
    others = np.where(drawn.max(axis=1) >= 0, scores[rows, drawn.argmax(axis=1)], -2.0)
    both, flags = np.stack([matches, others], axis=1), np.tile([True, False], (len(gains), 1))
    if len(gains) < 2:
        return float("nan")
    threshold = pairs.best_threshold(both[::2].ravel(), flags[::2].ravel())
    return pairs.pair_accuracy(both[1::2].ravel(), flags[1::2].ravel(), threshold)


def histogram(gains: Array, scores: Array) -> Histogram:
    """Count the similarities of right and wrong products among those found."""
    found = np.isfinite(scores)
    right, wrong = scores[found & (gains > 0)], scores[found & (gains <= 0)]
    edges = np.histogram_bin_edges(scores[found], HISTOGRAM_BINS)
    counts = (np.histogram(each, edges)[0] for each in (right, wrong))
    return Histogram(tuple(map(float, edges)), *(tuple(map(int, each)) for each in counts))
