"""Judged products as rows: what a search knew of each, and whether it is relevant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

KINDS = ("text", "image", "audio", "mixed", "any")
# What a curve can weigh, in the order of the columns; see docs/relevance.md.
VALUES = ("cosine", "lexical", "gap")
COSINE, GAP = VALUES.index("cosine"), VALUES.index("gap")


@dataclass(frozen=True)
class JudgedQuery:
    """The judged products that one query finds, in their order.

    Args:
        kind: one of `KINDS`.
        values: [N, 3], in the order of `VALUES`.
        relevant: bool [N].
    """

    kind: str
    values: Array
    relevant: NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """The products of several queries.

    Args:
        values: [N, 3], in the order of `VALUES`.
        relevant: bool [N].
        query: int [N], equal for those of one query.
        place: int [N], from 0 in the order in which each query finds them.
    """

    values: Array
    relevant: NDArray[np.bool_]
    query: NDArray[np.int64]
    place: NDArray[np.int64]

    def of(self, mask: NDArray[np.bool_]) -> "Rows":
        """Return those that *mask*, bool [N], names."""
        return Rows(self.values[mask], self.relevant[mask], self.query[mask], self.place[mask])


def judged_query(
    kind: str, found: Sequence[tuple[Mapping[str, float], bool]], best_cosine: float
) -> JudgedQuery:
    """Return what is known of the products *found*: (values by name, whether relevant); the gap is to *best_cosine*."""
    values = np.zeros((len(found), len(VALUES)))
    for row, (known, _) in zip(values, found, strict=True):
        row[:] = [known.get(name, 0.0) for name in VALUES]
        row[GAP] = best_cosine - row[COSINE]
    return JudgedQuery(kind, values, np.array([relevant for _, relevant in found], bool))


def rows_of(queries: Sequence[JudgedQuery]) -> Rows:
    """Return the products of all *queries*."""
    return Rows(
        np.concatenate([query.values for query in queries]),
        np.concatenate([query.relevant for query in queries]),
        np.repeat(np.arange(len(queries)), [len(query.relevant) for query in queries]),
        np.concatenate([np.arange(len(query.relevant)) for query in queries]),
    )


def knocked_out(rows: Rows) -> Rows:
    """Return *rows* without the relevant ones, their gaps to the best of what is left.

    Each query, so asked, is one for something that the catalogue has not. Without such queries a small gap would seem to
    be a reason to believe: where all is right or nothing is asked for in vain, the best is always right.
    """
    left = rows.of(~rows.relevant)
    values = left.values.copy()
    for query in np.unique(left.query):
        of_query = left.query == query
        cosines = values[of_query, COSINE]
        values[of_query, GAP] = cosines.max() - cosines
    return Rows(values, left.relevant, left.query, left.place)


def joined(first: Rows, second: Rows) -> Rows:
    """Return the rows of both."""
    names = ("values", "relevant", "query", "place")
    return Rows(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in names))
