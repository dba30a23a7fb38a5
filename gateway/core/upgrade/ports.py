"""What upgrades need from outside."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.core.model.catalog import ProductRecord
from gateway.core.upgrade.model import Generations, Upgrade
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.vectors import Space


class GenerationStore(Protocol):
    """Keeps the generations of catalogues, and what is noted of their upgrades.

    Every method but `upgrades` and `hold` raises NotFound (CATALOG_NOT_FOUND), and those that ask for the generation beside
    the one that serves also NotFound (UPGRADE_NOT_FOUND).
    """

    async def describe(self, catalog: str, *, counted: bool = False) -> Generations:
        """Return which generation serves, and which is beside it."""

    async def prepare(self, upgrade: Upgrade, space: Space) -> None:
        """Make a generation for the pack of the fused *space* and note *upgrade*; harmless where that is done.

        Raises:
            FailedPrecondition: UPGRADE_RUNNING, UPGRADE_NOT_NEEDED.
        """

    async def missing(self, catalog: str, after_id: str, limit: int) -> tuple[list[ProductRecord], str]:
        """Return which of the next *limit* products the other generation lacks, and the last of all these; empty at the end."""

    async def backfill(
        self, catalog: str, spaces: Mapping[SpaceKind, Space], products: Sequence[ProductRecord]
    ) -> tuple[list[TriptychError | None], int]:
        """Store *products* in the other generation unless others have been written since; an outcome each, and how many."""

    async def prune(self, catalog: str, after_id: str, limit: int) -> str:
        """Remove from the other generation what does not exist; return the last that was looked at, empty at the end."""

    async def switch(self, catalog: str, generation: str, missing_max: int) -> None:
        """Let *generation* serve if it lacks no more than so many products; -1: any number.

        Raises:
            FailedPrecondition: UPGRADE_NOT_READY.
        """

    async def drop(self, catalog: str, generation: str) -> None:
        """Remove a generation that does not serve."""

    async def note(self, upgrade: Upgrade) -> None:
        """Keep *upgrade* as what is noted of its catalogue."""

    async def upgrades(self) -> list[Upgrade]:
        """Return the last upgrade of every catalogue that had one."""

    async def hold(self, catalog: str, seconds: float) -> bool:
        """Return whether this process may work on the catalogue's upgrade for so long: if no other does."""


class PackDescriber(Protocol):
    """Says which pack an encoder and a fusion serve."""

    async def fused_space(self) -> Space:
        """Return the space in which the fusion makes vectors.

        Raises:
            Unavailable: it does not answer.
        """


class Recorded(Protocol):
    """The queries that were recorded lately."""

    async def queries(self, catalog: str, limit: int) -> list[str]:
        """Return texts that were searched lately, the latest first."""

    async def judgements(self, catalog: str, limit: int) -> Mapping[str, Mapping[str, float]]:
        """Return by recorded text how relevant products are that customers chose, by id: 0 to 3."""


class QueryStore(Protocol):
    """Keeps queries for a while."""

    async def keep(self, catalog: str, search_id: str, text: str) -> None:
        """Keep the words of a search; the oldest of too many are forgotten."""
