"""How good a recommendation is: interests, habits and popularity, blended.

    score = INTEREST · likeness + AGAIN · habit + POPULAR · popularity - AWAY · dislike

    likeness     max over interests of pull · max(0, cosine)^SHARPNESS
    habit        purchases of the product / (all purchases of the customer)^MUCH, each decayed (see `History.habits`):
                 who buys much says less with each
    popularity   as a share of the most popular candidate's
    dislike      max over disliked products of freshness · max(0, cosine)^SHARPNESS

A purchase counts as three tenths of the greatest popularity where there are fifteen; docs/recommendations.md says on
what data that was chosen. Somebody who only looks at one kind of things gets what has a cosine above 0.76 before what is most popular.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from gateway.core.recommend.interests import Interest
from triptych.vocabulary.vectors import Floats, Vector, unit

INTEREST = 3.0
AGAIN = 0.45
MUCH = 0.15
POPULAR = 1.0
AWAY = 1.5
SHARPNESS = 4


class Why(IntEnum):
    """What counted most; the numbers are those of Recommendation.Reason."""

    INTEREST = 1
    AGAIN = 2
    POPULAR = 3


@dataclass(frozen=True)
class Candidate:
    """A product that may be recommended, still packed; *popularity* is 0 or more."""

    id: str
    product: bytes
    vector: Vector
    popularity: float


@dataclass(frozen=True)
class Scored:
    """A candidate, its score, why, and which interest where that is why."""

    candidate: Candidate
    score: float
    why: Why
    interest: int | None


def blend(
    candidates: Sequence[Candidate],
    interests: Sequence[Interest],
    habits: Mapping[str, float],
    dislikes: Sequence[tuple[Vector, float]],
) -> list[Scored]:
    """Return *candidates* with their scores, in their order.

    Args:
        candidates: distinct.
        interests: what is sought.
        habits: by product.
        dislikes: vectors and how fresh each dislike is; all vectors are of one space.
    """
    if not candidates:
        return []
    rows = np.stack([unit(each.vector.values) for each in candidates])
    near, which = likeness(rows, [(each.vector, each.pull) for each in interests])
    again = AGAIN * np.array([habits.get(each.id, 0.0) for each in candidates]) / much(habits)
    most = max(each.popularity for each in candidates) or 1.0
    popular = [each.popularity / most for each in candidates]
    # In the order of Why.
    parts = np.stack([INTEREST * near, again, POPULAR * np.array(popular)])
    scores = parts.sum(0) - AWAY * likeness(rows, dislikes)[0]
    return [
        scored(each, float(scores[at]), parts[:, at], int(which[at])) for at, each in enumerate(candidates)
    ]


def much(habits: Mapping[str, float]) -> float:
    """Return by what a purchase counts less because there are others; the first counts whole."""
    return math.pow(max(1.0, math.fsum(habits.values())), MUCH)


def scored(candidate: Candidate, score: float, parts: NDArray[np.float64], interest: int) -> Scored:
    """Return *candidate* with the reason that is the largest of *parts*; it is popular where nothing speaks for it."""
    why = Why(int(np.argmax(parts)) + 1) if parts.any() else Why.POPULAR
    return Scored(candidate, score, why, interest if why is Why.INTEREST else None)


def likeness(
    rows: Floats, towards: Sequence[tuple[Vector, float]]
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return how near each of *rows* (n, dimension) is to the nearest of *towards*, by weight, and to which of them."""
    if not towards:
        return np.zeros(len(rows)), np.zeros(len(rows), np.intp)
    others = np.stack([unit(vector.values) for vector, _ in towards])
    cosines = np.maximum(0.0, rows.astype(np.float64) @ others.T.astype(np.float64))
    near = cosines**SHARPNESS * np.array([weight for _, weight in towards])
    return near.max(1), near.argmax(1)
