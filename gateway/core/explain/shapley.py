"""Shapley values: what each of several players adds to what they reach together.

Shapley, 1953, "A value for n-person games": with v(S) the worth of the players S alone, player i of n adds

    φ_i = Σ over S without i of  |S|! (n - |S| - 1)! / n!  ·  (v(S + i) - v(S))

the mean, over all orders in which the players could come in, of what i changes when it comes. It is the one way to
share that is complete (Σ φ_i = v(all) - v(none)), fair (equals get equal shares), linear, and gives nothing to who never
changes anything.
"""

from collections.abc import Iterator
from math import factorial

import numpy as np

from triptych.vocabulary.vectors import Doubles


def shapley_values(worth: Doubles) -> Doubles:
    """Return the value of each player, exactly, in several games at once.

    Args:
        worth: (2**n, games); the row of a coalition is the sum of 2**i over its players i. So row 0 is nobody's.

    Returns:
        (n, games)
    """
    coalitions = len(worth)
    n = coalitions.bit_length() - 1
    sizes = np.array([mask.bit_count() for mask in range(coalitions)])
    weights = np.array([factorial(size) * factorial(n - size - 1) / factorial(n) for size in range(n)])
    values = np.empty((n, worth.shape[1]))
    for player in range(n):
        without = np.array([mask for mask in range(coalitions) if not mask & 1 << player])
        gains = worth[without | 1 << player] - worth[without]
        values[player] = weights[sizes[without]] @ gains
    return values


def members(mask: int) -> Iterator[int]:
    """Yield the players of a coalition."""
    return (player for player in range(mask.bit_length()) if mask & 1 << player)
