"""What a customer did, and how much of it still counts."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triptych.vocabulary.choices import EventType

# How much an event says of what a customer is interested in, when it happens.
WEIGHTS: Mapping[EventType, float] = {
    EventType.VIEWED: 1.0,
    EventType.CLICKED: 2.0,
    EventType.CARTED: 3.0,
    EventType.BOUGHT: 5.0,
}
# How much of what a purchase says asks for more of the kind: where it may come again it is a habit, else a matter of taste.
# Looking, clicking and carting ask for it altogether.
PULL_OF_HABIT = 0.0
PULL_OF_TASTE = 0.2
# Habits outlive interests: what was bought counts one half at so many times the age.
HABIT_LIVES = 48.0


@dataclass(frozen=True)
class CustomerEvent:
    """Something that a customer did with a product; *time_s* counts seconds since 1970, None is now."""

    product_id: str
    type: EventType
    time_s: float | None = None


@dataclass(frozen=True)
class History:
    """What still counts, by product.

    Args:
        weights: what the events say, each decayed; above 0, without what was disliked.
        pulls: how much of the weight asks for more of the kind.
        habits: the purchases, each decayed more slowly; without what was disliked.
        dislikes: how fresh the dislike is, 0 to 1.
    """

    weights: Mapping[str, float]
    pulls: Mapping[str, float]
    habits: Mapping[str, float]
    dislikes: Mapping[str, float]


def history(
    events: Sequence[CustomerEvent], as_of_s: float, half_life_s: float, *, again: bool = False
) -> History:
    """Return what of *events*, in any order, counts at *as_of_s*: 1/2 to the power of age / half life of each.

    With *again*, what was bought may be bought again.
    """
    pull_of_bought = PULL_OF_HABIT if again else PULL_OF_TASTE
    weights, pulls, habits, dislikes = (defaultdict[str, list[float]](list) for _ in range(4))
    for event in events:
        age_s = 0.0 if event.time_s is None else max(0.0, as_of_s - event.time_s)
        left = decayed(age_s, half_life_s)
        if event.type is EventType.DISLIKED:
            dislikes[event.product_id].append(left)
            continue
        is_bought = event.type is EventType.BOUGHT
        weights[event.product_id].append(WEIGHTS[event.type] * left)
        pulls[event.product_id].append((pull_of_bought if is_bought else 1.0) * WEIGHTS[event.type] * left)
        if is_bought:
            habits[event.product_id].append(decayed(age_s, HABIT_LIVES * half_life_s))
    return History(
        {product_id: weight for product_id, weight in totals(weights, dislikes).items() if weight > 0},
        totals(pulls, dislikes),
        totals(habits, dislikes),
        {product_id: max(values) for product_id, values in sorted(dislikes.items())},
    )


def decayed(age_s: float, half_life_s: float) -> float:
    """Return what is left of 1 at that age."""
    return math.exp2(-age_s / half_life_s)


def totals(values: Mapping[str, list[float]], without: Mapping[str, object]) -> dict[str, float]:
    """Return the sums by product, the same in whatever order the values came."""
    return {
        product_id: math.fsum(each)
        for product_id, each in sorted(values.items())
        if product_id not in without
    }
