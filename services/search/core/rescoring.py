"""A second, exact comparison of what was found."""

import asyncio
import time
from collections.abc import Callable, Sequence

import numpy as np

from services.search.core.covariance import Wide, shrunk_covariance, whitening
from services.search.core.learning import Learnt
from services.search.core.model import Collection
from services.search.core.ports.vectors import VectorIndex
from triptych.vocabulary.choices import SimilarityMetric
from triptych.vocabulary.vectors import Floats

# From how many rows it is learnt how a catalogue's vectors spread, and how long that is remembered.
SAMPLE_ROWS = 5_000
MEMORY_S = 600.0


class Rescorer:
    """Compares vectors of *index* by any metric."""

    def __init__(self, index: VectorIndex, now: Callable[[], float] = time.monotonic) -> None:
        self._index = index
        self._whitenings = Learnt(self._whitening, MEMORY_S, now)

    async def compare(
        self, collection: Collection, query: Floats, vectors: Sequence[Floats], metric: SimilarityMetric
    ) -> list[float]:
        """Return the cosine or the distance between *query* and each of *vectors*, all of shape (dimension,).

        The Mahalanobis distance is √((a − b)ᵀ Σ⁻¹ (a − b)), with Σ how the vectors of *collection* spread.
        """
        if not vectors:
            return []
        others, one = np.stack(vectors).astype(np.float64), query.astype(np.float64)
        if metric is SimilarityMetric.COSINE:
            cosines = others @ one / (np.linalg.norm(others, axis=1) * np.linalg.norm(one))
            return [float(each) for each in np.clip(cosines, -1.0, 1.0)]
        differences = others - one
        if metric is SimilarityMetric.MAHALANOBIS:
            differences = differences @ await self._whitenings.of(collection)
        return [float(each) for each in np.linalg.norm(differences, axis=1)]

    async def _whitening(self, collection: Collection) -> Wide:
        """Return what the vectors of *collection* are multiplied by."""
        sample = await self._index.sample(collection, SAMPLE_ROWS)
        return await asyncio.to_thread(lambda: whitening(shrunk_covariance(sample.astype(np.float64))))
