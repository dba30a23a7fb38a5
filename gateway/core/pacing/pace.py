"""The pace of one request: how much time is left, what each stage may take of it, what was left out."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from gateway.core.model.degradation import Cause, Degradation, Step
from gateway.core.pacing.costs import Costs
from gateway.core.stopwatch import Stopwatch
from triptych.vocabulary.errors import DeadlineExceeded, ResourceExhausted, TriptychError, Unavailable

Made = TypeVar("Made")

# Kept for making the answer: so many seconds, and so much of the whole, for clocks and networks are not exact.
ANSWER_S = 0.015
ANSWER_SHARE = 0.05
# What is kept for others leaves a stage at least so much of what is left.
LEAST_SHARE = 0.3


class LeftOut(Exception):
    """There is no time for something, or what does it does not answer."""

    def __init__(self, cause: Cause, error: TriptychError) -> None:
        super().__init__(cause.name)
        self.cause = cause
        self.error = error


class Pace(Stopwatch):
    """Holds the stages of a request to its deadline.

    Args:
        costs: what stages take.
        remaining_s: returns the seconds that are left, or raises DeadlineExceeded.
        strict: whether nothing may be left out: stages are measured, and take what they take.
    """

    def __init__(
        self,
        costs: Costs | None = None,
        remaining_s: Callable[[], float] | None = None,
        *,
        strict: bool = True,
    ) -> None:
        super().__init__()
        self._costs = costs or Costs()
        self._remaining_s = remaining_s or endless
        self.strict = strict
        left_s = self._left_s()
        self._answer_s = ANSWER_S + (ANSWER_SHARE * left_s if math.isfinite(left_s) else 0.0)
        self._left_out: dict[tuple[Step, int | None], Cause] = {}

    def whole(self) -> "Pace":
        """Return the pace of work of the same request of which nothing may be left out: all of it is, or none."""
        made = Pace(self._costs)
        made._stages = self._stages
        return made

    @property
    def degradations(self) -> tuple[Degradation, ...]:
        """What was left out, in the order of the steps."""
        return tuple(sorted(Degradation(step, cause, part) for (step, part), cause in self._left_out.items()))

    def leave_out(self, step: Step, cause: Cause, part: int | None = None) -> None:
        """Note that something is left out; the first cause stands."""
        self._left_out.setdefault((step, part), cause)

    def require_whole(self) -> None:
        """See that nothing was left out that the order of the products depends on.

        Raises:
            LeftOut: something was.
        """
        for (step, _), cause in self._left_out.items():
            if step > Step.SPELLING:
                raise LeftOut(cause, DeadlineExceeded())

    def fits(self, stage: str, keep: Sequence[str] = ()) -> bool:
        """Return whether there is time for *stage* as far as is known, and for the stages *keep* after it."""
        return self.strict or self._costs.expected_s(stage) < self._given_s(keep)

    async def measured(self, stage: str, work: Callable[[], Awaitable[Made]]) -> Made:
        """Return what *work*, which cannot be left out, makes; learn what it takes."""
        started = time.perf_counter()
        made = await work()
        self._costs.took(stage, time.perf_counter() - started)
        return made

    async def attempt(
        self, stage: str, work: Callable[[], Awaitable[Made]], keep: Sequence[str] = ()
    ) -> Made:
        """Return what *work* makes, if it makes it in time for the stages *keep* and the answer.

        Work that does not is cancelled.

        Raises:
            LeftOut: there is no time for it, or it does not answer.
        """
        if self.strict:
            return await self.measured(stage, work)
        given_s = self._given_s(keep)
        if given_s <= 0 or self._costs.expected_s(stage) >= given_s:
            raise LeftOut(Cause.SLOW, DeadlineExceeded())
        self._costs.is_tried(stage)
        bound = asyncio.timeout(None if math.isinf(given_s) else given_s)
        try:
            async with bound:
                return await self.measured(stage, work)
        except (TimeoutError, DeadlineExceeded) as error:
            if isinstance(error, TimeoutError) and not bound.expired():
                raise
            self._costs.was_late(stage, given_s)
            raise LeftOut(Cause.LATE, DeadlineExceeded()) from None
        except (Unavailable, ResourceExhausted) as error:
            raise LeftOut(Cause.UNAVAILABLE, error) from None

    def _given_s(self, keep: Sequence[str]) -> float:
        free_s = self._left_s() - self._answer_s
        return max(free_s - self._costs.kept_s(keep), free_s * LEAST_SHARE) if free_s > 0 else 0.0

    def _left_s(self) -> float:
        try:
            return self._remaining_s()
        except DeadlineExceeded:
            return 0.0


def endless() -> float:
    """Return that there is all the time in the world."""
    return math.inf


@dataclass(frozen=True)
class Pacing:
    """Sets the pace of requests."""

    costs: Costs = field(default_factory=Costs)
    remaining_s: Callable[[], float] = endless

    def begin(self, *, strict: bool) -> Pace:
        """Return the pace of a request that begins now."""
        return Pace(self.costs, self.remaining_s, strict=strict)
