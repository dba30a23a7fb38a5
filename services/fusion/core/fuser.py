"""The verb of the room: each group of weighted vectors becomes one vector of length 1 in the pack's fused space.

With unit vectors v_i and relative weights w_i = weight_i / Σ|weight|, and s = Σ w_i·v_i (s_m: over modality m only):

    WEIGHTED_SUM    z = s
    CONCATENATION   z = s + W [s_text; s_image; s_audio; s_product]
    BILINEAR        z = s + P (tanh(U c) ∘ tanh(V c)), c = [s_text; s_image; s_audio; s_product];
                    a matrix product cᵀ M c of low rank (Kim et al., 2017, "Hadamard product for low-rank bilinear pooling")
    LEARNED         z = s + the summary token of a transformer over the tokens (v_i, w_i, modality_i)
                    (after Devlin et al., 2019, "BERT")

and the result is z/‖z‖. Since only relative weights are used, scaling all weights changes nothing; since every head is
a sum or attends to a set, order changes nothing; a negative weight takes a part away.
"""

import math
from collections.abc import Sequence

import numpy as np

from services.fusion.core.parts import Group, Parts, prepared, share_weighted_sum
from services.fusion.core.ports import FusionFacts, FusionModel
from triptych.vocabulary.choices import FusionStrategy
from triptych.vocabulary.errors import Internal, TriptychError, Unavailable
from triptych.vocabulary.vectors import Floats, unit

Outcome = Floats | TriptychError

# As far from 1 as half precision takes the length of a vector, and more.
LENGTH_TOLERANCE = 0.01


class Fuser:
    """Fuses groups by any strategy; holds the facts of the model, so that the weighted sum works without it."""

    def __init__(self, model: FusionModel) -> None:
        self._model = model
        self._facts: FusionFacts | None = None

    async def warm_up(self) -> None:
        """Read the model's facts, without which nothing can be fused.

        Raises:
            Unavailable, DeadlineExceeded: the model does not answer (in time).
        """
        self._facts = await self._model.facts()

    async def check(self) -> None:
        """Read the facts again: as cheap as a ping, and it follows a pack that was switched in under a running server.

        Raises:
            Unavailable, DeadlineExceeded: the model does not answer (in time); the earlier facts are kept.
        """
        await self.warm_up()

    def facts(self) -> FusionFacts:
        """Return the facts last read.

        Raises:
            Unavailable: they were never read.
        """
        if self._facts is None:
            raise Unavailable.because_of("triton")
        return self._facts

    async def fuse(
        self, strategy: FusionStrategy, groups: Sequence[Group | TriptychError]
    ) -> tuple[list[Outcome], FusionFacts]:
        """Fuse each group to one vector.

        Args:
            strategy: how.
            groups: what; a group that could not even be read is its error, and stays so.

        Returns:
            One outcome per group, in their order: a vector (dimension,) of length 1, or why there is none, with fields
            relative to the group; and the facts that the vectors go by. Internal where the model made no such vector.

        Raises:
            Unavailable, DeadlineExceeded: the model does not answer (in time).
        """
        facts = self.facts()
        checked = [_checked(group, facts) for group in groups]
        sound = [parts for parts in checked if not isinstance(parts, TriptychError)]
        fused = iter(await self._fuse(strategy, sound) if sound else ())
        return [
            each if isinstance(each, TriptychError) else _unit_or_error(next(fused), facts)
            for each in checked
        ], facts

    async def _fuse(self, strategy: FusionStrategy, groups: Sequence[Parts]) -> Floats:
        if strategy is FusionStrategy.WEIGHTED_SUM:
            return np.stack([unit(share_weighted_sum(parts)) for parts in groups])
        return await self._model.fuse(strategy, groups)


def _checked(group: Group | TriptychError, facts: FusionFacts) -> Parts | TriptychError:
    if isinstance(group, TriptychError):
        return group
    try:
        return prepared(group, facts.space, facts.parts_max)
    except TriptychError as error:
        return error


def _unit_or_error(values: Floats, facts: FusionFacts) -> Outcome:
    """Return *values*, or the error for a vector that would poison an index: not finite, or of another length than 1."""
    length = float(np.linalg.norm(values)) if values.shape == (facts.space.dimension,) else math.nan
    if abs(length - 1) < LENGTH_TOLERANCE:
        return values
    error = Internal()
    error.__cause__ = ValueError(
        f"{facts.version.name} made a vector of shape {values.shape}, length {length}"
    )
    return error
