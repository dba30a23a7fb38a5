"""Filling the generation beside the one that serves: what it lacks is encoded by its own pack and stored."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from gateway.core.model.catalog import ProductRecord
from gateway.core.upgrade.encoding import Reencoder, with_vectors
from gateway.core.upgrade.model import Pair, Refused
from gateway.core.upgrade.ports import GenerationStore
from triptych.vocabulary.batches import batched
from triptych.vocabulary.concurrency import as_they_come
from triptych.vocabulary.errors import TriptychError

# As many as are written at once, and of so many texts, pictures and sounds that the encoder has room for those of all pages
# and of customers too. While one page is being encoded, others are looked for, read and written: most of a write
# is waiting for Milvus's clock.
PAGE_PRODUCTS = 100
PAGE_CONTENTS = 200
PAGES_AT_ONCE = 8
# How many are looked at together: more where nothing was missing, since then none of them has to be held.
SEEN_AT_ONCE = 1_000
SEEN_AT_ONCE_MAX = 4_000


@dataclass(frozen=True)
class Filled:
    """What one pass over the products did: how many were stored, and which were refused."""

    stored: int
    refused: tuple[Refused, ...]


@dataclass(frozen=True)
class Backfill:
    """Fills generations in *store*; *timed* is what a page is worked on in: it says how long its calls may take."""

    store: GenerationStore
    reencoder: Reencoder
    timed: Callable[[], AbstractContextManager[object]] = nullcontext

    async def run(self, catalog: str, pair: Pair) -> Filled:
        """Encode by *pair* what is missing, each product once.

        What is there already is passed over: a run that broke off goes on where it was.

        Raises:
            TriptychError: of the store, or of the rooms where they do not answer at all.
        """
        done = await as_they_come(
            self._pages(catalog), lambda page: self._filled(catalog, pair, page), PAGES_AT_ONCE
        )
        return Filled(
            sum(each.stored for each in done), tuple(refused for each in done for refused in each.refused)
        )

    async def prune(self, catalog: str) -> None:
        """Remove what does not exist any more.

        Raises:
            TriptychError: of the store.
        """
        after = await self.store.prune(catalog, "", SEEN_AT_ONCE)
        while after:
            after = await self.store.prune(catalog, after, SEEN_AT_ONCE)

    async def _pages(self, catalog: str) -> AsyncGenerator[list[ProductRecord], None]:
        after, limit = "", SEEN_AT_ONCE
        while True:
            missing, after = await self.store.missing(catalog, after, limit)
            limit = SEEN_AT_ONCE if missing else SEEN_AT_ONCE_MAX
            for page in batched(missing, self.reencoder.contents_of, PAGE_CONTENTS, PAGE_PRODUCTS):
                yield page
            if not after:
                return

    async def _filled(self, catalog: str, pair: Pair, page: list[ProductRecord]) -> Filled:
        with self.timed():
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
