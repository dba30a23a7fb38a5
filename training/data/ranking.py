"""Ranking data in memory: candidates with features, each judged for its query."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Ranking:
    """Candidates of queries. Those of one query stand together.

    Args:
        features: float32 [N, F]; NaN is unknown.
        labels: int64 [N], relevance from 0.
        queries: int64 [N], the query's id.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    queries: NDArray[np.int64]

    def groups(self) -> Iterator[slice]:
        """Yield the rows of each query, in order."""
        starts = np.flatnonzero(np.diff(self.queries, prepend=self.queries[0] - 1))
        for start, end in zip(starts, [*starts[1:], len(self.queries)], strict=True):
            yield slice(int(start), int(end))

    def of_queries(self, queries: NDArray[np.int64]) -> "Ranking":
        """Return the candidates of some queries: a fold, or a split."""
        kept = np.isin(self.queries, queries)
        return Ranking(self.features[kept], self.labels[kept], self.queries[kept])
