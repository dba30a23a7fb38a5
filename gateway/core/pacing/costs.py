"""What stages take, as measured lately."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

# Weights of a new measurement, and of deviations where time is kept for a stage: those of RFC 6298.
MEAN_WEIGHT = 1 / 8
DEVIATION_WEIGHT = 1 / 4
DEVIATIONS = 4
# A stage of which nothing was heard for so long is believed to take half as long as it did, so that it is tried again.
HALF_LIFE_S = 2.0
# As long as nothing is known, so much time is kept for a stage, and never less than a little.
UNKNOWN_S = 0.03
KEPT_LEAST_S = 0.01
# A stage that was ended takes at least so many times as long as it was given.
LATE_FACTOR = 2


@dataclass
class Cost:
    """A moving average of seconds, its mean deviation, and when it was last heard of.

    It *is_guess* where the last that was heard is that the stage did not end in time.
    """

    mean_s: float
    deviation_s: float
    heard_s: float
    is_guess: bool = False

    @classmethod
    def first(cls, seconds: float, now_s: float, *, is_guess: bool = False) -> "Cost":
        """Return what one measurement tells."""
        return cls(seconds, seconds / 2, now_s, is_guess)

    def learn(self, seconds: float, now_s: float) -> None:
        """Take a measurement in."""
        self.deviation_s += DEVIATION_WEIGHT * (abs(seconds - self.mean_s) - self.deviation_s)
        self.mean_s += MEAN_WEIGHT * (seconds - self.mean_s)
        self.heard_s = now_s


@dataclass
class Costs:
    """What each stage takes; there are as many as the walk has names for, which no client can add to.

    Args:
        now: seconds of a clock that never goes back.
    """

    now: Callable[[], float] = time.monotonic
    _costs: dict[str, Cost] = field(default_factory=dict)

    def took(self, stage: str, seconds: float) -> None:
        """Note that *stage* took so long."""
        known = self._costs.get(stage)
        if known is None or known.is_guess:
            self._costs[stage] = Cost.first(seconds, self.now())
        else:
            known.learn(seconds, self.now())

    def was_late(self, stage: str, given_s: float) -> None:
        """Note that *stage* did not end in the time that it was given."""
        guess_s = max(LATE_FACTOR * given_s, self.expected_s(stage))
        self._costs[stage] = Cost.first(guess_s, self.now(), is_guess=True)

    def is_tried(self, stage: str) -> None:
        """Note that *stage* begins: where it is only believed to be slow, others wait for what comes of it."""
        known = self._costs.get(stage)
        if known is not None and known.is_guess:
            known.heard_s = self.now()

    def expected_s(self, stage: str) -> float:
        """Return what *stage* is expected to take; 0 as long as nothing is known."""
        known = self._costs.get(stage)
        return known.mean_s * self._faded(known) if known else 0.0

    def kept_s(self, stages: Iterable[str]) -> float:
        """Return how much time is to be kept for *stages*: hardly ever do they take longer."""
        return sum(self._kept_s(stage) for stage in stages)

    def _kept_s(self, stage: str) -> float:
        known = self._costs.get(stage)
        if known is None:
            return UNKNOWN_S
        usual_s = known.mean_s + DEVIATIONS * known.deviation_s
        return max(KEPT_LEAST_S, usual_s * self._faded(known))

    def _faded(self, cost: Cost) -> float:
        silent_s = max(0.0, self.now() - cost.heard_s - HALF_LIFE_S)
        return float(0.5 ** (silent_s / HALF_LIFE_S))
