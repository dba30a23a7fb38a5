"""Times that lie ahead: one clock that is wrong must not keep everybody else from writing a product."""

from collections.abc import Callable
from dataclasses import dataclass

from triptych.vocabulary.errors import InvalidArgument, Reason

NANOS = 1_000_000_000
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class Ahead:
    """How far ahead of *now*, in seconds since 1970, the time of a change may lie. What lies behind always passes."""

    hours_max: int
    now: Callable[[], float]

    def check(self, time: int | None) -> None:
        """Check the time of a change, in nanoseconds since 1970.

        Raises:
            InvalidArgument: FIELD_INVALID, it lies too far ahead.
        """
        if time is None or time / NANOS <= self.now() + self.hours_max * SECONDS_PER_HOUR:
            return
        raise InvalidArgument(
            f"The update_time lies more than {self.hours_max} h ahead of the clock here: no other could follow it.",
            reason=Reason.FIELD_INVALID,
            field="update_time",
            metadata={"hours_max": str(self.hours_max)},
        )
