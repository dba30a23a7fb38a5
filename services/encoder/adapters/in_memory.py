"""Encoders without a server: tiny, deterministic and untrained, but like inputs do get like vectors.

For tests and for trying the service alone. Each folds its input into a fixed number of features, adds a constant so
that no vector is zero, and scales to length 1.
"""

import zlib
from collections.abc import Sequence

import numpy as np

from services.encoder.core.facts import AudioFacts, ImageFacts, TextFacts
from services.encoder.core.ports import Pixels, Waveform
from triptych.vocabulary.media import Resize
from triptych.vocabulary.vectors import Floats, ModelVersion, Space, unit

DIMENSION = 16
BATCH_MAX = 4
PACK = "in-memory"


def _identity(kind: str, version: str) -> tuple[ModelVersion, Space, int]:
    space = Space(f"{PACK}-{version}/{kind}", DIMENSION)
    return ModelVersion(f"{kind}_encoder", version, space.id), space, BATCH_MAX


class InMemoryTextEncoder:
    """Counts three-letter pieces by hash."""

    def __init__(self, version: str = "1") -> None:
        self.version = version

    async def facts(self) -> TextFacts:
        """Return the facts of this encoder."""
        return TextFacts(*_identity("text", self.version), languages=("en", "zh"))

    async def encode(self, inputs: Sequence[str]) -> Floats:
        """Return unit vectors (len(inputs), 16)."""
        return np.stack([unit(self._features(text)) for text in inputs])

    def _features(self, text: str) -> Floats:
        features = np.full(DIMENSION, 0.1, np.float32)
        for start in range(max(1, len(text) - 2)):
            features[zlib.crc32(text[start : start + 3].encode()) % DIMENSION] += 1
        return features


class InMemoryImageEncoder:
    """Averages the light of 4 × 4 tiles."""

    def __init__(self, version: str = "1") -> None:
        self.version = version

    async def facts(self) -> ImageFacts:
        """Return the facts of this encoder."""
        identity = _identity("image", self.version)
        return ImageFacts(*identity, height_px=32, width_px=32, resize=Resize.FIT_WHITE)

    async def encode(self, inputs: Sequence[Pixels]) -> Floats:
        """Return unit vectors (len(inputs), 16)."""
        tiles = np.stack(inputs).reshape(len(inputs), 4, 8, 4, 8, 3).mean((2, 4, 5)) / 255
        return np.stack([unit(each.ravel() + 0.1) for each in tiles])


class InMemoryAudioEncoder:
    """Sums the energy of 16 frequency bands."""

    def __init__(self, version: str = "1") -> None:
        self.version = version

    async def facts(self) -> AudioFacts:
        """Return the facts of this encoder."""
        return AudioFacts(*_identity("audio", self.version), sample_rate_hz=16_000, seconds_max=30)

    async def encode(self, inputs: Sequence[Waveform]) -> Floats:
        """Return unit vectors (len(inputs), 16)."""
        bands = [np.array_split(np.abs(np.fft.rfft(wave)) / wave.size, DIMENSION) for wave in inputs]
        return np.stack([unit(np.array([band.sum() for band in each]) + 0.001) for each in bands])
