"""How many requests are worked on at once: as many as can be without each taking much longer than alone.

After Netflix's concurrency-limits (gradient): how long requests take now is compared with how long they take where few
are worked on. As long as they hardly differ the limit grows by a little; where they differ it shrinks in proportion.
"""

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

# A request may take so many times as long as alone before fewer are let in.
TOLERANCE = 1.3
# The limit is looked at so often, when as many requests ended.
WINDOW_S = 0.25
WINDOW_SAMPLES = 10
# Beside so many others a request counts as alone.
FEW = 1
# By how much one sample moves what is known of requests that are alone: about fifty halve or double it.
STEP = 0.015
# What takes longer for good becomes the usual in some minutes: by so much a window.
DRIFT = 1.0005
SMOOTHING = 0.5
# By so much the limit grows a window, beside a twentieth; where it is small this is what decides how many wait.
GROWTH = 0.5


@dataclass
class AdaptiveLimit:
    """A limit between *least* and *most* that follows what requests take.

    Args:
        least, most: bounds.
        value: where it begins.
        now: seconds of a clock that never goes back.
    """

    least: int
    most: int
    value: float
    now: Callable[[], float] = time.monotonic
    _alone_s: dict[str, float] = field(default_factory=dict)
    _ratios: list[float] = field(default_factory=list)
    _kinds: set[str] = field(default_factory=set)
    _crowd: int = 0
    _began: float = 0.0

    def __post_init__(self) -> None:
        self.value = min(max(self.value, self.least), self.most)
        self._began = self.now()

    def took(self, kind: str, seconds: float, beside: int) -> None:
        """Note that a request of *kind* took *seconds*, *beside* so many others that were worked on or waited."""
        alone = self._alone_s.setdefault(kind, seconds)
        if beside <= FEW:
            # The median, by steps: a slow one now and then does not move it.
            alone *= 1 + STEP if seconds > alone else 1 - STEP
            self._alone_s[kind] = alone
        self._ratios.append(seconds / max(alone, 1e-6))
        self._kinds.add(kind)
        self._crowd = max(self._crowd, beside + 1)
        now = self.now()
        if len(self._ratios) >= WINDOW_SAMPLES and now - self._began >= WINDOW_S:
            self._adapt(statistics.median(self._ratios))
            self._ratios, self._kinds, self._crowd, self._began = [], set(), 0, now

    def was_given_up(self, kind: str, seconds: float, beside: int) -> None:
        """Note that a request of *kind* was given up after *seconds*: where that is long, it would have taken longer."""
        if seconds > self._alone_s.get(kind, math.inf):
            self.took(kind, seconds, beside)

    def _adapt(self, ratio: float) -> None:
        for kind in self._kinds:
            # In a crowd nothing is quicker than alone: what was known was too slow.
            self._alone_s[kind] *= DRIFT if ratio >= 1 else max(ratio, 0.9)
        gradient = min(1.0, max(0.5, TOLERANCE / max(ratio, 1e-6)))
        wanted = self.value * gradient
        # Where the limit is not used nothing is learnt of more.
        if gradient == 1 and self._crowd < self.value / 2:
            return
        wanted += GROWTH + self.value / 20
        self.value += SMOOTHING * (wanted - self.value)
        self.value = min(max(self.value, self.least), self.most)
