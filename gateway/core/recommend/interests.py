"""Several interests of one customer, told apart.

After PinnerSage (Pal et al., 2020): the vectors of the products are clustered hierarchically after Ward, so that nobody
says how many interests there are; each cluster is represented by a product, its medoid, because a mean of several
products may be like none; it weighs as much as the decayed events of its products.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.core.recommend.history import History
from gateway.core.recommend.ward import clusters
from triptych.vocabulary.vectors import Floats, Vector, unit

# The strongest are looked after.
INTERESTS_MAX = 5
# The products that count most are clustered.
PRODUCTS_MAX = 200
# Two products of a cosine of 0.5 and more are one interest; the larger clusters are, the nearer they must be.
HEIGHT_MAX = 1.0
# Equal vectors may round differently and must tie all the same.
DECIMALS = 6


@dataclass(frozen=True)
class Interest:
    """One thing that a customer is interested in.

    Args:
        product_id: the product that stands for it.
        vector: that product's.
        share: of all that the customer is interested in, 0 to 1.
        pull: how much of all asks for more of this kind, 0 to share.
    """

    product_id: str
    vector: Vector
    share: float
    pull: float


def interests(past: History, vectors: Mapping[str, Vector]) -> tuple[Interest, ...]:
    """Return a customer's interests, the strongest first.

    Args:
        past: what the customer did.
        vectors: of one space, by product; of all that *past* weighs.
    """
    weights = past.weights
    if not weights:
        return ()
    ids = sorted(sorted(weights, key=lambda each: (-weights[each], each))[:PRODUCTS_MAX])
    rows = np.stack([unit(vectors[each].values) for each in ids])
    counts = np.array([weights[each] for each in ids])
    pulls = np.array([past.pulls[each] for each in ids])
    told_apart = []
    for members in clusters(rows, HEIGHT_MAX):
        stands_for = ids[medoid(rows, counts, members)]
        share, pull = counts[members].sum() / counts.sum(), pulls[members].sum() / counts.sum()
        told_apart.append(Interest(stands_for, vectors[stands_for], float(share), float(pull)))
    return tuple(sorted(told_apart, key=lambda each: (-each.share, each.product_id))[:INTERESTS_MAX])


def medoid(rows: Floats, counts: NDArray[np.float64], members: NDArray[np.intp]) -> int:
    """Return which of *members* is nearest to all of them, each counting by its *counts*."""
    centre = counts[members] @ rows[members].astype(np.float64)
    return int(members[np.argmax(np.round(rows[members] @ centre / counts[members].sum(), DECIMALS))])
