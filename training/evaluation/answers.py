"""What a search answers: the ids and scores of the best products, and what they are worth to the query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from training.data.dataset import Record
from training.evaluation.queries import Query

Array = NDArray[np.float64]

# As many as a page of the public API holds.
DEPTH = 100


@dataclass(frozen=True)
class Answer:
    """The products found, best first, and their similarities; at most DEPTH, without the one that is excluded."""

    ids: tuple[str, ...]
    scores: tuple[float, ...]


class Search(Protocol):
    """Something that answers queries over products: `OfflineSearch`, `SuiteSearch`."""

    def answers(self, products: Sequence[Record], queries: Sequence[Query]) -> list[Answer]:
        """Return what is found among *products* for each of *queries*, in their order.

        Raises:
            TrainingError: a product or a query cannot be encoded; says which.
        """
        ...


def without(answer: Answer, excluded: str | None) -> Answer:
    """Return *answer* without the product *excluded*."""
    kept = [(one, score) for one, score in zip(answer.ids, answer.scores, strict=True) if one != excluded]
    return Answer(tuple(one for one, _ in kept), tuple(score for _, score in kept))


def gains_of(answers: Sequence[Answer], queries: Sequence[Query], depth: int = DEPTH) -> Array:
    """Return the grades of what was found [Q, depth], 0 where it is not right or nothing was found."""
    gains = np.zeros((len(answers), depth))
    for row, answer, query in zip(gains, answers, queries, strict=True):
        found = [query.right.get(one, 0.0) for one in answer.ids[:depth]]
        row[: len(found)] = found
    return gains


def ideal_of(queries: Sequence[Query]) -> Array:
    """Return the grades of everything right, largest first [Q, R], padded with zeros."""
    grades: list[Mapping[str, float]] = [query.right for query in queries]
    ideal = np.zeros((len(queries), max(map(len, grades), default=0)))
    for row, right in zip(ideal, grades, strict=True):
        row[: len(right)] = sorted(right.values(), reverse=True)
    return ideal


def scores_of(answers: Sequence[Answer], depth: int = DEPTH) -> Array:
    """Return the similarities of what was found [Q, depth], -inf where nothing was."""
    scores = np.full((len(answers), depth), -np.inf)
    for row, answer in zip(scores, answers, strict=True):
        row[: len(answer.scores[:depth])] = answer.scores[:depth]
    return scores
