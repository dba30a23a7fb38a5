"""Vectors and the spaces they live in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triptych.vocabulary.choices import SimilarityMetric
from triptych.vocabulary.errors import InvalidArgument, Reason

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

# On the wire a vector is little-endian whatever the machine.
WIRE_DTYPE = np.dtype("<f4")


@dataclass(frozen=True)
class Space:
    """A kind of vector: its id ("pack-version/kind"), dimension, metric, and whether all have length 1."""

    id: str
    dimension: int
    metric: SimilarityMetric = SimilarityMetric.COSINE
    unit_length: bool = True

    @property
    def pack(self) -> str:
        """The part of the id before the kind: spaces of one pack are comparable with one another."""
        return pack_of(self.id)


@dataclass(frozen=True, eq=False)
class Vector:
    """Numbers of shape (dimension,), float32, finite, not all zero, and the id of their space."""

    values: Floats
    space: str


@dataclass(frozen=True)
class ModelVersion:
    """A model that took part: its name in Triton, its pack's version, the space of its vectors."""

    name: str
    version: str
    space: str


def pack_of(space: str) -> str:
    """Return the pack of a space id: "triptych-demo-1/image" → "triptych-demo-1"."""
    return space.rpartition("/")[0]


def unpack(data: bytes, dimension: int, space: str, field: str = "vector") -> Vector:
    """Read a vector from its wire form: *dimension* little-endian float32 numbers.

    Raises:
        InvalidArgument: wrong length (DIMENSION_MISMATCH); not finite or all zero (VECTOR_INVALID).
    """
    if len(data) != 4 * dimension:
        raise InvalidArgument(
            f"{len(data)} bytes are not {dimension} float32 numbers; {4 * dimension} bytes are expected.",
            reason=Reason.DIMENSION_MISMATCH,
            field=f"{field}.data",
            metadata={"bytes": str(len(data)), "dimension": str(dimension)},
        )
    values = np.frombuffer(data, dtype=WIRE_DTYPE)
    # One dot product finds NaN, infinity and (nearly) zero alike; in float64 so that large finite numbers pass.
    norm_squared = float(np.dot(values.astype(np.float64), values))
    if not np.isfinite(norm_squared) or norm_squared < 1e-24:
        raise InvalidArgument(
            "The numbers of a vector must be finite and not all zero.",
            reason=Reason.VECTOR_INVALID,
            field=f"{field}.data",
        )
    return Vector(values, space)


def pack(values: Floats) -> bytes:
    """Write numbers of shape (dimension,) in their wire form."""
    return np.ascontiguousarray(values, dtype=WIRE_DTYPE).tobytes()


def unit(values: Floats) -> Floats:
    """Return *values*, of shape (dimension,) and not all zero, scaled to length 1."""
    # In float64, since the squares of large float32 numbers overflow.
    wide = values.astype(np.float64)
    return (wide / np.linalg.norm(wide)).astype(np.float32)
