"""Curves for recognition, fitted on photos of which it is known what they show.

Each photo counts twice: as it is, and as if the catalogue had nothing of its category. How steep votes are is a
temperature (Guo et al., 2017).
"""

from collections.abc import Sequence

import numpy as np

from training.calibration.fit import FOLDS, QUERIES_MIN, FittedCurve, fit_curve
from training.calibration.photos import Ballot, Looked
from training.calibration.rows import judged_query
from training.errors import TrainingError
from training.evaluation.calibration import expected_calibration_error, fit_temperature, softmax
from training.ranking.folds import folds_of

KNOWN, CATEGORY, ATTRIBUTE, MATCH = (
    "recognition",
    "recognition_category",
    "recognition_attribute",
    "recognition_match",
)
# Where every vote is right, the likeliest weight is infinite.
WEIGHT_MIN, WEIGHT_MAX = 1.0, 200.0


def fit_recognition(photos: Sequence[Looked], seed: int = 0) -> tuple[dict[str, FittedCurve], dict[str, str]]:
    """Return a curve by name, and by name why there is none.

    Raises:
        TrainingError: there are too few photos for any.
    """
    ballots = {
        CATEGORY: [each.category for each in photos if each.category],
        ATTRIBUTE: [ballot for each in photos for ballot in each.attributes],
        MATCH: [each.match for each in photos if each.match],
    }
    curves = {KNOWN: fit_known(photos, seed)}
    refused: dict[str, str] = {}
    for name, some in ballots.items():
        try:
            curves[name] = fit_votes(some, seed)
        except TrainingError as error:
            refused[name] = str(error)
    return curves, refused


def fit_known(photos: Sequence[Looked], seed: int = 0) -> FittedCurve:
    """Return the curve from the best cosine to the probability that the catalogue has anything like a photo.

    Raises:
        TrainingError: there are too few photos of what it has, or of what it has not.
    """
    queries = [
        judged_query(
            "image",
            [({"cosine": photo.cosine}, photo.known)]
            + ([({"cosine": photo.cosine_without}, False)] if photo.cosine_without is not None else []),
            photo.cosine,
        )
        for photo in photos
    ]
    return fit_curve(queries, seed, forms=(("cosine",),))


def fit_votes(ballots: Sequence[Ballot], seed: int = 0) -> FittedCurve:
    """Return the weight of cosines in votes under which what is right is likeliest.

    Raises:
        TrainingError: there are too few.
    """
    useful = sum(each.truth in each.labels for each in ballots)
    if useful < QUERIES_MIN:
        raise TrainingError(
            f"{useful} votes in which a neighbour is right are too few to hold some out; {QUERIES_MIN} are needed"
        )
    count = len(ballots)
    fold_of = folds_of(count, FOLDS, seed).numpy()
    sure, right = np.empty(count), np.empty(count)
    for fold in range(FOLDS):
        weight = weight_of([each for each, at in zip(ballots, fold_of, strict=True) if at != fold])
        for place in np.flatnonzero(fold_of == fold):
            value, sure[place] = elected(ballots[place], weight)
            right[place] = value == ballots[place].truth
    error = expected_calibration_error(sure, right)
    loss = float(-np.log(np.maximum(np.where(right > 0, sure, 1 - sure), 1e-12)).mean())
    return FittedCurve(0.0, {"cosine": weight_of(ballots)}, count, count, error, error, loss)


def weight_of(ballots: Sequence[Ballot]) -> float:
    """Return 1 / temperature, within bounds."""
    size = max(len(each.cosines) for each in ballots)
    scores = np.full((len(ballots), size), -np.inf)
    right = np.zeros((len(ballots), size), bool)
    for row, ballot in enumerate(ballots):
        scores[row, : len(ballot.cosines)] = ballot.cosines
        right[row, : len(ballot.labels)] = np.array(ballot.labels) == ballot.truth
    return float(np.clip(1 / fit_temperature(scores, right), WEIGHT_MIN, WEIGHT_MAX))


def elected(ballot: Ballot, weight: float) -> tuple[str, float]:
    """Return what has the most votes, and its share of them."""
    votes = softmax(np.array([ballot.cosines]), 1 / weight)[0]
    labels, places = np.unique(ballot.labels, return_inverse=True)
    totals = np.bincount(places, votes)
    best = int(totals.argmax())
    return str(labels[best]), min(1.0, float(totals[best]))
