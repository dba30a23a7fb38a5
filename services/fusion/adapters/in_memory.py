"""A fusion model without a server: the pack's three heads, tiny and with fixed random weights.

For tests and for trying the service alone: it computes the formulas of `core.fuser`, but has learned nothing.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.fusion.core.parts import Parts
from services.fusion.core.ports import FusionFacts
from triptych.vocabulary.choices import FusionStrategy, Modality
from triptych.vocabulary.vectors import Floats, ModelVersion, Space

PARTS_MAX = 16
# How much a head adds to the weighted sum: little, so that a mix still means what its parts say.
_LEARNED_SCALE = 0.01

Doubles = NDArray[np.float64]


class InMemoryFusionModel:
    """The heads with random weights from *seed*, for vectors of *dimension* numbers of the pack *pack*."""

    def __init__(self, dimension: int = 8, pack: str = "in-memory-1", seed: int = 0) -> None:
        self._space = Space(f"{pack}/fused", dimension)
        self._version = ModelVersion("fusion", pack, self._space.id)
        random = np.random.default_rng(seed)
        wide = len(Modality) * dimension
        self._concatenation = random.normal(size=(wide, dimension))
        self._left, self._right = random.normal(size=(2, wide, dimension))
        self._out = random.normal(size=(dimension, dimension))
        self._modality = random.normal(size=(len(Modality), dimension))
        self._share = random.normal(size=dimension)
        self._query = random.normal(size=dimension)

    async def facts(self) -> FusionFacts:
        """Return the facts given at the start."""
        return FusionFacts(self._space, self._version, PARTS_MAX)

    async def fuse(self, strategy: FusionStrategy, groups: Sequence[Parts]) -> Floats:
        """Run one head on each group."""
        head = {
            FusionStrategy.CONCATENATION: self._concatenate,
            FusionStrategy.BILINEAR: self._pool,
            FusionStrategy.LEARNED: self._attend,
        }[strategy]
        fused = []
        for parts in groups:
            values = np.array([part.values for part in parts], np.float64)
            shares = np.array([part.share for part in parts])
            owners = np.array([part.modality - 1 for part in parts])
            total = shares @ values + _LEARNED_SCALE * head(values, shares, owners)
            fused.append(total / np.linalg.norm(total))
        return np.array(fused, np.float32)

    def _concatenate(self, values: Doubles, shares: Doubles, owners: NDArray[np.int64]) -> Doubles:
        return np.asarray(modality_sums(values, shares, owners) @ self._concatenation)

    def _pool(self, values: Doubles, shares: Doubles, owners: NDArray[np.int64]) -> Doubles:
        sums = modality_sums(values, shares, owners)
        return np.asarray((np.tanh(sums @ self._left) * np.tanh(sums @ self._right)) @ self._out)

    def _attend(self, values: Doubles, shares: Doubles, owners: NDArray[np.int64]) -> Doubles:
        """One query attends to the tokens of the parts."""
        tokens = values + self._modality[owners] + shares[:, None] * self._share
        attention = np.exp(tokens @ self._query / np.sqrt(len(self._query)))
        return np.asarray((attention / attention.sum()) @ tokens)


def modality_sums(values: Doubles, shares: Doubles, owners: NDArray[np.int64]) -> Doubles:
    """Return the weighted sum of each modality's parts, side by side: (modalities * dimension,)."""
    sums = np.zeros((len(Modality), values.shape[1]))
    np.add.at(sums, owners, shares[:, None] * values)
    return sums.ravel()
