"""Hierarchical clustering after Ward (1963): of all pairs of clusters, those merge whose union scatters least."""

import numpy as np
from numpy.typing import NDArray

from triptych.vocabulary.vectors import Floats


def clusters(vectors: Floats, height_max: float) -> list[NDArray[np.intp]]:
    """Return the rows of *vectors* by cluster, in ascending order; clusters by their first row.

    Distances are updated after Lance and Williams (1967). Two clusters of n and m members merge while

        √(2·n·m / (n + m)) · ‖mean of the one − mean of the other‖ ≤ height_max

    so that single vectors of length 1 merge up to that distance of one another: 1 is a cosine of 0.5. O(n³), n ≤ 200.

    Args:
        vectors: shape (n, dimension).
        height_max: above 0.
    """
    wide = vectors.astype(np.float64)
    squares = (wide * wide).sum(1)
    # Equal vectors must be equally far from a third, however the product was rounded.
    distances = np.round(np.maximum(squares[:, None] + squares - 2 * wide @ wide.T, 0), 9)
    np.fill_diagonal(distances, np.inf)
    sizes = np.ones(len(wide))
    members = [[row] for row in range(len(wide))]
    while len(wide) > 1:
        first, second = np.unravel_index(np.argmin(distances), distances.shape)
        if not distances[first, second] <= height_max**2:
            break
        merge(distances, sizes, int(first), int(second))
        members[first] = sorted(members[first] + members[second])
        members[second] = []
    return [np.array(rows, np.intp) for rows in members if rows]


def merge(distances: NDArray[np.float64], sizes: NDArray[np.float64], first: int, second: int) -> None:
    """Put cluster *second* into *first*: squared *distances* (n, n) and *sizes* (n,) are changed in place."""
    n, m, near = sizes[first], sizes[second], distances[first, second]
    merged = ((n + sizes) * distances[first] + (m + sizes) * distances[second] - sizes * near) / (
        n + m + sizes
    )
    distances[first], distances[:, first] = merged, merged
    distances[second], distances[:, second] = np.inf, np.inf
    distances[first, first] = np.inf
    sizes[first] = n + m
