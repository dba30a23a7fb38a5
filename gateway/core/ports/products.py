"""Products as they are packed."""

from collections.abc import Mapping
from typing import Protocol

from gateway.core.model.catalog import Labels, ProductFacts
from gateway.core.model.query import Content


class ProductReader(Protocol):
    """Looks into packed products on behalf of the core."""

    def features(self, product: bytes) -> Mapping[str, float]:
        """Return what a ranking network can look at, by feature name; what is not known is left out."""

    def facts(self, product: bytes) -> ProductFacts:
        """Return what the walk itself looks at."""

    def labels(self, product: bytes) -> Labels:
        """Return its category, and those of its attributes that are texts or lists of texts."""

    def contents(self, product: bytes) -> tuple[Content, ...]:
        """Return what of it can be encoded again; a medium without any source was not kept, and cannot be."""


class ProductWriter(Protocol):
    """Writes into packed products on behalf of the core."""

    def with_content_ids(self, product: bytes, ids: Mapping[str, str]) -> bytes:
        """Return *product* with the ids under which its media were kept, by field: "images[0]", "audio[1]"."""
