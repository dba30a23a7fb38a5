"""Filling the generation beside the one that serves: what it lacks is encoded by its own pack and stored."""

import asyncio
from dataclasses import dataclass

from gateway.core.model.catalog import ProductRecord
from gateway.core.upgrade.encoding import Reencoder, with_vectors
from gateway.core.upgrade.model import Pair, Refused
from gateway.core.upgrade.ports import GenerationStore
from triptych.vocabulary.errors import TriptychError

# As many as are written at once. While one page is being encoded, others are read and written: most of a write is waiting
# for Milvus's clock.
PAGE_PRODUCTS = 100
PAGES_AT_ONCE = 8
# Looking takes no encoder: pages of what is there already are larger.
SEEN_AT_ONCE = 1_000


@dataclass(frozen=True)
class Filled:
    """What one pass over the products did: how many were stored, and which were refused."""

    stored: int
    refused: tuple[Refused, ...]


@dataclass(frozen=True)
class Backfill:
    """Fills generations in *store*."""

    store: GenerationStore
    reencoder: Reencoder

    async def run(self, catalog: str, pair: Pair) -> Filled:
        """Encode by *pair* what is missing, each product once; remove what does not exist any more.

        What is there already is passed over: a run that broke off goes on where it was.

        Raises:
            TriptychError: of the store, or of the rooms where they do not answer at all.
        """
        stored = 0
        refused: list[Refused] = []
        after = ""
        while True:
            missing, after = await self.store.missing(catalog, after, SEEN_AT_ONCE)
            pages = [missing[at : at + PAGE_PRODUCTS] for at in range(0, len(missing), PAGE_PRODUCTS)]
            room = asyncio.Semaphore(PAGES_AT_ONCE)
            for done in await asyncio.gather(*(self._page(catalog, pair, page, room) for page in pages)):
                stored += done.stored
                refused += done.refused
            if not after:
                break
        await self._prune(catalog)
        return Filled(stored, tuple(refused))

    async def _page(
        self, catalog: str, pair: Pair, page: list[ProductRecord], room: asyncio.Semaphore
    ) -> Filled:
        async with room:
            made, refused = await self.reencoder.encode(pair, page)
            sent = with_vectors(page, made)
            if not sent:
                return Filled(0, tuple(refused))
            outcomes, stored = await self.store.backfill(catalog, made.spaces, sent)
        refused += [
            Refused(each.id, outcome.reason.value, outcome.field)
            for each, outcome in zip(sent, outcomes, strict=True)
            if isinstance(outcome, TriptychError)
        ]
        return Filled(stored, tuple(refused))

    async def _prune(self, catalog: str) -> None:
        after = await self.store.prune(catalog, "", SEEN_AT_ONCE)
        while after:
            after = await self.store.prune(catalog, after, SEEN_AT_ONCE)
