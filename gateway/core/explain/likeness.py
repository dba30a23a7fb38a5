"""How like products are to a query, larger is better: the cosine, or the Euclidean distance with its sign changed."""

from collections.abc import Sequence

import numpy as np

from triptych.vocabulary.choices import SimilarityMetric
from triptych.vocabulary.vectors import Doubles, Floats, Vector


def neutral(query: Floats, products: Doubles, metric: SimilarityMetric) -> Doubles:
    """Return how like *products* (n, dimension) would be if nothing were known: at right angles with *query*, as (n,).

    That is the cosine 0; by Pythagoras, between vectors of length 1, the distance √2.
    """
    if metric is not SimilarityMetric.EUCLIDEAN:
        return np.zeros(len(products))
    squares = np.square(products).sum(axis=1) + np.square(query.astype(np.float64)).sum()
    return -np.asarray(np.sqrt(squares))


def likeness(
    queries: Sequence[Vector | None], products: Doubles, metric: SimilarityMetric, nothing: Doubles
) -> Doubles:
    """Return how like *products* (n, dimension) are to each of *queries*, as (queries, n).

    Where a query is None nothing is looked for; *nothing* (n,) is how like they are then, see `neutral`.
    """
    some = [index for index, query in enumerate(queries) if query is not None]
    rows = np.array([query.values for query in queries if query is not None], np.float64)
    result = np.tile(nothing, (len(queries), 1))
    if some:
        result[some] = _compared(rows, products, metric)
    return result


def _compared(queries: Doubles, products: Doubles, metric: SimilarityMetric) -> Doubles:
    dots = queries @ products.T
    squares = np.square(queries).sum(axis=1)[:, None], np.square(products).sum(axis=1)
    if metric is SimilarityMetric.EUCLIDEAN:
        return -np.asarray(np.sqrt(np.maximum(squares[0] + squares[1] - 2 * dots, 0)))
    return np.asarray(dots / np.sqrt(squares[0] * squares[1]))
