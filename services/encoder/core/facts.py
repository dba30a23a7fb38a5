"""What the encoders' models say of themselves; nothing of it is written down in the service."""

from dataclasses import dataclass
from enum import StrEnum

from triptych.vocabulary.vectors import ModelVersion, Space


class Resize(StrEnum):
    """How a picture comes to the size that the model takes."""

    FIT_WHITE = "fit_white"
    """The whole picture, shape kept, centred on white."""
    SQUASH = "squash"
    """The whole picture, stretched to the shape."""


@dataclass(frozen=True)
class Facts:
    """Of any encoder: the model, the space of its vectors, the most inputs that it takes at once."""

    model: ModelVersion
    space: Space
    batch_max: int


@dataclass(frozen=True)
class TextFacts(Facts):
    """Of a text encoder: also the languages it knows, such as "en"."""

    languages: tuple[str, ...]


@dataclass(frozen=True)
class ImageFacts(Facts):
    """Of an image encoder: also the size of the pictures that it takes, and how they come to it."""

    height_px: int
    width_px: int
    resize: Resize


@dataclass(frozen=True)
class AudioFacts(Facts):
    """Of an audio encoder: also the rate of the waveforms that it takes, and the longest."""

    sample_rate_hz: int
    seconds_max: float
