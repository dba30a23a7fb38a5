"""Drawing rows by chance, the same ones each time."""

import random
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from services.search.core.model import Row
from triptych.vocabulary.vectors import Floats, Space

T = TypeVar("T")


def drawn(items: Sequence[T], limit: int) -> list[T]:
    """Return *limit* of *items*, all equally likely; the same ones of the same items, so that scores stay as they are."""
    return random.Random(0).sample(items, min(limit, len(items)))  # noqa: S311 - no secret


def vectors_of(rows: Sequence[Row], space: Space) -> Floats:
    """Return the vectors of *rows*, shape (those that have one, space.dimension)."""
    vectors = [row.values for row in rows if row.values is not None]
    return np.stack(vectors) if vectors else np.empty((0, space.dimension), np.float32)
