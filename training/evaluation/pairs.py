"""Match or no match: the accuracy of a threshold (the article's "Test Accuracy")."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


def pair_accuracy(scores: Array, matches: Flags, threshold: float) -> float:
    """Return the share of pairs that are judged rightly: a match where the score [N] is at least *threshold*."""
    return float(((scores >= threshold) == matches).mean())


def best_threshold(scores: Array, matches: Flags) -> float:
    """Return the threshold of the best accuracy on these pairs; choose it on dev, never on what is reported.

    Between two neighbouring scores every threshold judges alike: the middle is taken, which is farthest from both. Of
    thresholds equally good, the lowest.
    """
    order = np.argsort(scores, kind="stable")
    ranked, right = scores[order], matches[order]
    # Cutting before place i: what lies below is judged "no match", the others "match".
    judged = np.concatenate([[0], np.cumsum(~right)]) + right.sum() - np.concatenate([[0], np.cumsum(right)])
    cuts = np.concatenate([[True], ranked[1:] > ranked[:-1], [True]])
    best = int(np.argmax(np.where(cuts, judged, -1)))
    if best == 0:
        return float(ranked[0])
    if best == len(ranked):
        return float(np.nextafter(ranked[-1], np.inf))
    return float((ranked[best - 1] + ranked[best]) / 2)
