"""What rankings are judged by; each metric returns one number per query, so that queries can be compared in pairs.

Every function takes *gains* [Q, K]: the relevance of what was found at rank 1 … K, 0 where it is not right (or where
fewer were found), larger is better; and where it is needed *ideal* [Q, R]: the relevance of everything that is right
for a query, largest first, padded with zeros. Both are float arrays. A query for which nothing is right counts 0.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def hits(gains: Array) -> Array:
    """Return 1 where what was found is right at all, else 0 [Q, K]."""
    return (gains > 0).astype(np.float64)


def success_at(gains: Array, k: int) -> Array:
    """Return 1 where any of the first *k* is right [Q].

    What cross-modal retrieval calls R@k (Karpathy & Fei-Fei 2015): with one right answer a query it is `recall_at`.
    """
    return np.asarray(hits(gains[:, :k]).max(axis=1, initial=0.0))


def recall_at(gains: Array, ideal: Array, k: int) -> Array:
    """Return the share of all right ones that is among the first *k* [Q] (Manning et al. 2008, 8.3)."""
    return _share(hits(gains[:, :k]).sum(axis=1), hits(ideal).sum(axis=1))


def precision_at(gains: Array, k: int) -> Array:
    """Return the share of right ones among the first *k* [Q]; missing results are wrong (Manning et al. 2008, 8.4)."""
    return np.asarray(hits(gains[:, :k]).sum(axis=1) / k)


def reciprocal_rank(gains: Array) -> Array:
    """Return 1 / rank of the first right one, 0 without [Q]; its mean is MRR (Voorhees 1999)."""
    right = hits(gains)
    first = right.argmax(axis=1) if right.shape[1] else np.zeros(len(right), int)
    return np.where(success_at(gains, gains.shape[1]) > 0, 1.0 / (first + 1), 0.0)


def average_precision(gains: Array, ideal: Array) -> Array:
    """Return the mean of the precisions at the ranks of all right ones, 0 for those not found [Q].

    AP = 1/R Σ_i precision@i · right_i (Manning et al. 2008, 8.8); its mean is mAP.
    """
    right = hits(gains)
    precisions = right.cumsum(axis=1) / np.arange(1, right.shape[1] + 1)
    return _share((precisions * right).sum(axis=1), hits(ideal).sum(axis=1))


def ndcg_at(gains: Array, ideal: Array, k: int) -> Array:
    """Return normalised discounted cumulated gain [Q] (Järvelin & Kekäläinen 2002; gain 2^rel - 1, Burges et al. 2005).

    DCG = Σ_i (2^rel_i - 1) / log2(i + 1), divided by that of the best possible order.
    """
    return _share(_dcg(gains[:, :k]), _dcg(ideal[:, :k]))


def _dcg(gains: Array) -> Array:
    discounts = 1.0 / np.log2(np.arange(2, gains.shape[1] + 2))
    # Less 1 before anything is added up: where nothing is right the sum is 0, not what rounding leaves of a difference.
    discounted: Array = (np.exp2(gains) - 1) @ discounts
    return discounted


def _share(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
