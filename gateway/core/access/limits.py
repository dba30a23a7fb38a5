"""How often a caller may ask, and how much at once.

Rates are held by a token bucket that keeps one number a caller: when the bucket will be full again (the "theoretical
arrival time" of GCRA, ITU-T I.371). It holds the requests of one second, so that bursts pass and the rate is kept.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.core.access.model import Caller
from triptych.vocabulary.errors import Reason, ResourceExhausted

# When so many callers are remembered, those whose bucket is full are forgotten.
CALLERS_MAX = 10_000
# When a request will end is not known; this is a common one's time.
AT_ONCE_RETRY_MS = 100


class Limits:
    """Counts the requests of callers; *now* returns seconds of a clock that never goes back."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._full_at: dict[str, float] = {}
        self._at_once: Counter[str] = Counter()

    def take(self, caller: Caller) -> None:
        """Count one request of *caller*.

        Raises:
            ResourceExhausted: RATE_LIMITED, with the time until the next one may come; it is not counted then.
        """
        rate = caller.requests_per_second
        if rate is None:
            return
        now = self._now()
        full_at = max(self._full_at.get(caller.id, now), now) + 1 / rate
        # The bucket has room for a second's requests, or for one.
        late_s = full_at - now - max(1.0, 1 / rate)
        if late_s > 1e-9:
            raise ResourceExhausted(
                f"The caller may send {rate:g} requests a second.",
                reason=Reason.RATE_LIMITED,
                metadata={"requests_per_second": f"{rate:g}"},
                retry_after_ms=math.ceil(late_s * 1e3),
            )
        self._remember(caller.id, full_at, now)

    @contextmanager
    def at_once(self, caller: Caller) -> Iterator[None]:
        """Hold the place of one request of *caller*.

        Raises:
            ResourceExhausted: CONCURRENCY_LIMITED.
        """
        most = caller.requests_at_once
        if most is not None and self._at_once[caller.id] >= most:
            raise ResourceExhausted(
                f"The caller may have {most} requests at once.",
                reason=Reason.CONCURRENCY_LIMITED,
                metadata={"requests_at_once": str(most)},
                retry_after_ms=AT_ONCE_RETRY_MS,
            )
        self._at_once[caller.id] += 1
        try:
            yield
        finally:
            self._at_once[caller.id] -= 1
            if not self._at_once[caller.id]:
                del self._at_once[caller.id]

    def _remember(self, caller_id: str, full_at: float, now: float) -> None:
        if len(self._full_at) >= CALLERS_MAX:
            self._full_at = {each: at for each, at in self._full_at.items() if at > now}
        self._full_at[caller_id] = full_at
