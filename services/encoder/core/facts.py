"""What the encoders' models say of themselves; nothing of it is written down in the service."""

from dataclasses import dataclass
from typing import Protocol

from triptych.vocabulary.media import Resize
from triptych.vocabulary.vectors import ModelVersion, Space


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


@dataclass(frozen=True)
class SpeechFacts:
    """Of a model that transcribes; its words are in no space."""

    model: ModelVersion
    languages: tuple[str, ...]
    sample_rate_hz: int
    seconds_max: float


@dataclass(frozen=True)
class DescriberFacts:
    """Of a model that describes pictures; its words are in no space."""

    model: ModelVersion
    languages: tuple[str, ...]
    height_px: int
    width_px: int
    resize: Resize


class PictureForm(Protocol):
    """How a model takes its pictures."""

    @property
    def height_px(self) -> int:
        """Of the pixels."""

    @property
    def width_px(self) -> int:
        """Of the pixels."""

    @property
    def resize(self) -> Resize:
        """How a picture comes to that size."""


class SoundForm(Protocol):
    """How a model takes its sounds."""

    @property
    def sample_rate_hz(self) -> int:
        """Of the waveforms."""

    @property
    def seconds_max(self) -> float:
        """Of the longest waveform."""
