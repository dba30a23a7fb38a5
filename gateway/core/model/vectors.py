"""What the encoder and the fusion make of a query's parts."""

from dataclasses import dataclass

from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.vectors import ModelVersion, Space, Vector


@dataclass(frozen=True)
class PartVector:
    """The vector of a part."""

    vector: Vector
    modality: Modality
    weight: float = 1.0


@dataclass(frozen=True)
class Encoded:
    """What the encoder made of several contents: a vector or an error each, in their order.

    *content_ids* are those under which pictures and sounds were kept, in the same order; empty where one was not.
    """

    outcomes: tuple[Vector | TriptychError, ...]
    spaces: tuple[Space, ...]
    models: tuple[ModelVersion, ...]
    content_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fused:
    """What fusion made of several groups: a vector or an error each, in their order."""

    outcomes: tuple[Vector | TriptychError, ...]
    space: Space
    models: tuple[ModelVersion, ...]
