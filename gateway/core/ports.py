"""What the walk needs of the other rooms.

Every method ends within the current request's deadline and raises Unavailable, DeadlineExceeded or what the room said.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.core.model import Content, Encoded, Fused, Hit, Hits, PartVector, ProductRecord
from triptych.vocabulary.choices import FusionStrategy, RankingStrategy, SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.vectors import Space, Vector


class Encoder(Protocol):
    """Turns media into vectors."""

    async def encode(self, contents: Sequence[Content]) -> Encoded:
        """Encode *contents* side by side; an outcome each, in their order.

        The fields of errors are those of the contents: "images[0].data".
        """


class Fuser(Protocol):
    """Turns several vectors into one."""

    async def fuse(self, strategy: FusionStrategy, groups: Sequence[Sequence[PartVector]]) -> Fused:
        """Fuse each group to one vector; an outcome each, in their order.

        The fields of errors are relative to the group: "vectors[1].vector".
        """


class Index(Protocol):
    """Keeps products with their vectors."""

    async def search(
        self,
        catalog: str,
        query: Vector,
        *,
        space: SpaceKind,
        metric: SimilarityMetric,
        limit: int,
        with_vectors: bool,
    ) -> Hits:
        """Find the *limit* nearest products, each once, nearest first."""

    async def write(
        self, catalog: str, spaces: Mapping[SpaceKind, Space], products: Sequence[ProductRecord]
    ) -> list[TriptychError | None]:
        """Store *products* durably; None for each that was stored."""

    async def read(self, catalog: str, ids: Sequence[str], *, with_vectors: bool) -> list[ProductRecord]:
        """Return those of the products that exist, with their fused vectors when asked for."""

    async def remove(self, catalog: str, ids: Sequence[str]) -> list[str]:
        """Remove products; return the ids that did not exist."""


class Ranker(Protocol):
    """Puts candidates in order."""

    async def rank(
        self,
        strategy: RankingStrategy,
        candidates: Sequence[tuple[Hit, float]],
        *,
        limit: int,
        diversity_lambda: float | None,
    ) -> list[tuple[int, float]]:
        """Return (place among the *candidates*, score) of the best *limit*, best first."""
