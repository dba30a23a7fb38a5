"""Curves for recognition, fitted on photos of which it is known what they show.

Each photo counts twice: as it is, and as if the catalogue had nothing of its category. How steep votes for categories and
attributes are is a temperature (Guo et al., 2017); a product is chosen by its cosine and its place (McFadden, 1974).
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from training.calibration.fit import FOLDS, QUERIES_MIN, RIDGE, FittedCurve, fit_curve
from training.calibration.photos import Ballot, Looked
from training.calibration.rows import Array, judged_query
from training.errors import TrainingError
from training.evaluation.calibration import expected_calibration_error, fit_temperature, softmax
from training.evaluation.logistic import fit_choice
from training.ranking.folds import folds_of

KNOWN, CATEGORY, ATTRIBUTE, MATCH = (
    "recognition",
    "recognition_category",
    "recognition_attribute",
    "recognition_match",
)
# Where every vote is right, the likeliest weight is infinite.
WEIGHT_MIN, WEIGHT_MAX = 1.0, 200.0
RANK_MAX = 2.0
Weights = Mapping[str, float]


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
            curves[name] = fit_votes(some, seed, weights_of_match if name == MATCH else weights_of)
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


def weights_of(ballots: Sequence[Ballot]) -> Weights:
    """Return 1 / temperature, within bounds, under which what is right is likeliest."""
    cosines, right = lists(ballots)
    return {"cosine": float(np.clip(1 / fit_temperature(cosines, right), WEIGHT_MIN, WEIGHT_MAX))}


def weights_of_match(ballots: Sequence[Ballot]) -> Weights:
    """Return how much cosines and places count, within bounds, where what is right is likeliest."""
    cosines, right = lists([each for each in ballots if each.truth in each.labels])
    there = np.isfinite(cosines)
    places = np.broadcast_to(-np.log1p(np.arange(cosines.shape[1])), cosines.shape)
    cosine, rank = fit_choice(np.stack([np.where(there, cosines, 0.0), places], axis=2), there, right, RIDGE)
    return {
        "cosine": float(np.clip(cosine, WEIGHT_MIN, WEIGHT_MAX)),
        "rank": float(np.clip(rank, 0.0, RANK_MAX)),
    }


def fit_votes(
    ballots: Sequence[Ballot], seed: int = 0, fit: Callable[[Sequence[Ballot]], Weights] = weights_of
) -> FittedCurve:
    """Return the weights in votes under which what is right is likeliest, as *fit* finds them.

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
        weights = fit([each for each, at in zip(ballots, fold_of, strict=True) if at != fold])
        for place in np.flatnonzero(fold_of == fold):
            value, sure[place] = elected(ballots[place], weights)
            right[place] = value == ballots[place].truth
    error = expected_calibration_error(sure, right)
    loss = float(-np.log(np.maximum(np.where(right > 0, sure, 1 - sure), 1e-12)).mean())
    return FittedCurve(0.0, fit(ballots), count, count, error, error, loss)


def lists(ballots: Sequence[Ballot]) -> tuple[Array, NDArray[np.bool_]]:
    """Return the cosines [N, K] of all ballots, -inf behind the end of a shorter one, and which votes are right."""
    size = max(len(each.cosines) for each in ballots)
    cosines = np.full((len(ballots), size), -np.inf)
    right = np.zeros((len(ballots), size), bool)
    for row, ballot in enumerate(ballots):
        cosines[row, : len(ballot.cosines)] = ballot.cosines
        right[row, : len(ballot.labels)] = np.array(ballot.labels) == ballot.truth
    return cosines, right


def elected(ballot: Ballot, weights: Weights) -> tuple[str, float]:
    """Return what has the most votes, and its share of them."""
    places = np.log1p(np.arange(len(ballot.cosines)))
    scores = weights["cosine"] * np.array(ballot.cosines) - weights.get("rank", 0.0) * places
    labels, label_of = np.unique(ballot.labels, return_inverse=True)
    totals = np.bincount(label_of, softmax(scores[None], 1.0)[0])
    best = int(totals.argmax())
    return str(labels[best]), min(1.0, float(totals[best]))
