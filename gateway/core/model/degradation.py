"""What is left out of an answer so that it comes in time."""

from dataclasses import dataclass
from enum import IntEnum


class Step(IntEnum):
    """What can be left out, in the order in which it is; the numbers are those of Degradation.Step.

    Nothing that stands later is left out to save what stands earlier: no time is kept for it.
    """

    EXPLANATIONS = 1
    SPELLING = 2
    RANKING = 3
    SPEECH = 4
    PART = 5
    FUSION = 6
    RESCORING = 7
    COUNTS = 8
    SEARCH_EFFORT = 9


class Cause(IntEnum):
    """Why; the numbers are those of Degradation.Reason."""

    SLOW = 1
    LATE = 2
    UNAVAILABLE = 3


@dataclass(frozen=True, order=True)
class Degradation:
    """One thing that was left out; *part* is the place of the part in the request, where it is about one."""

    step: Step
    cause: Cause
    part: int | None = None
