"""What fusion needs from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.fusion.core.parts import Parts
from triptych.vocabulary.choices import FusionStrategy
from triptych.vocabulary.vectors import Floats, ModelVersion, Space


@dataclass(frozen=True)
class FusionFacts:
    """What the fusion model says of itself: the space of its vectors, its version, the most parts of one group."""

    space: Space
    version: ModelVersion
    parts_max: int


class FusionModel(Protocol):
    """The learned heads: CONCATENATION, BILINEAR and LEARNED.

    Each head is invariant to the order of the parts, and ends in a vector of length 1.
    """

    async def facts(self) -> FusionFacts:
        """Ask the model for its facts; also the look at whether it is there.

        Raises:
            Unavailable, DeadlineExceeded: it does not answer (in time).
        """
        ...

    async def fuse(self, strategy: FusionStrategy, groups: Sequence[Parts]) -> Floats:
        """Fuse each group to one vector.

        Returns:
            Vectors of length 1, shape (len(groups), dimension), in the order of *groups*.

        Raises:
            Unavailable, DeadlineExceeded: the model does not answer (in time).
        """
        ...
