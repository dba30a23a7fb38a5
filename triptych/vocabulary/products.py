"""Which vectors of a product are made from which of its fields."""

from collections.abc import Mapping
from types import MappingProxyType

from triptych.vocabulary.choices import SpaceKind

ENCODED_FIELDS: Mapping[str, SpaceKind] = MappingProxyType(
    {
        "title": SpaceKind.TEXT,
        "description": SpaceKind.TEXT,
        "images": SpaceKind.IMAGE,
        "audio": SpaceKind.AUDIO,
    }
)
