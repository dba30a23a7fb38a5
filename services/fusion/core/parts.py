"""The vectors to fuse: as they arrive, and as the fusion heads take them.

A group that passes `prepared` can be fused: every check of the room stands here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.vectors import Floats, Space, pack_of, unit, unpack

# Shorter than this, the sum of the parts points nowhere in particular.
SUM_LENGTH_MIN = 1e-3


@dataclass(frozen=True)
class WeightedVector:
    """A vector as it arrived: *data* in wire form, and its weight (finite, not 0; negative: "not like this")."""

    data: bytes
    dimension: int
    space: str
    weight: float
    modality: Modality


Group = tuple[WeightedVector, ...]


@dataclass(frozen=True, eq=False)
class Part:
    """A part ready to be fused: *values* (dimension,) of length 1; the *share*s of a group have sizes that sum to 1."""

    values: Floats
    share: float
    modality: Modality


Parts = tuple[Part, ...]


def prepared(group: Group, space: Space, parts_max: int) -> Parts:
    """Check a group and return its parts with relative weights, in an order that depends on their content only.

    Floating-point sums depend on the order of their terms: with one order for every permutation of a group, the
    result is the same to the last bit.

    Args:
        group: 1 or more vectors.
        space: of the fused vectors; parts come from the same pack and have its dimension.
        parts_max: the most parts that the model takes.

    Raises:
        InvalidArgument: SPACE_MISMATCH, DIMENSION_MISMATCH, VECTOR_INVALID, NO_POSITIVE_PART, PARTS_CANCEL or
            FIELD_INVALID (too many parts); the field is relative to the group.
    """
    if len(group) > parts_max:
        raise InvalidArgument(
            f"{len(group)} vectors; the fusion model takes {parts_max}.",
            reason=Reason.FIELD_INVALID,
            field="vectors",
        )
    values = [_unit_values(vector, space, f"vectors[{i}].vector") for i, vector in enumerate(group)]
    if all(vector.weight < 0 for vector in group):
        raise InvalidArgument(
            "At least one vector needs a positive weight: there must be something to look for.",
            reason=Reason.NO_POSITIVE_PART,
            field="vectors",
        )
    # fsum rounds once, at the end, so that the total does not depend on the order either.
    total = math.fsum(abs(vector.weight) for vector in group)
    parts = [
        Part(own, vector.weight / total, vector.modality) for own, vector in zip(values, group, strict=True)
    ]
    parts.sort(key=lambda part: (part.modality, part.values.tobytes(), part.share))
    _check_sum(parts)
    return tuple(parts)


def share_weighted_sum(parts: Sequence[Part]) -> Floats:
    """Return the sum Σ share·values, of shape (dimension,); its length is 1 only if all parts agree."""
    shares = np.array([part.share for part in parts])
    return (shares @ np.stack([part.values for part in parts]).astype(np.float64)).astype(np.float32)


def _unit_values(vector: WeightedVector, space: Space, field: str) -> Floats:
    if pack_of(vector.space) != space.pack:
        raise InvalidArgument(
            f'The space "{vector.space}" cannot be fused; vectors of "{space.pack}" are expected.',
            reason=Reason.SPACE_MISMATCH,
            field=f"{field}.space",
            metadata={"space": vector.space, "pack": space.pack},
        )
    if vector.dimension != space.dimension:
        raise InvalidArgument(
            f"The dimension is {vector.dimension}; {space.dimension} is expected.",
            reason=Reason.DIMENSION_MISMATCH,
            field=f"{field}.dimension",
            metadata={"dimension": str(vector.dimension), "expected": str(space.dimension)},
        )
    values = unpack(vector.data, vector.dimension, vector.space, field).values
    # In float64, because the squares of large float32 numbers overflow.
    return unit(values.astype(np.float64))


def _check_sum(parts: Sequence[Part]) -> None:
    if np.linalg.norm(share_weighted_sum(parts)) < SUM_LENGTH_MIN:
        raise InvalidArgument(
            "The vectors cancel one another: nothing is left to look for.",
            reason=Reason.PARTS_CANCEL,
            field="vectors",
        )
