"""Filling the lexical index from the record, where it lacks a catalogue: its file was lost, or is of another version."""

from collections.abc import Callable, Sequence

from services.search.core.locks import KeyedLocks
from services.search.core.model import Collection, Facts, RowKey
from services.search.core.ports.vectors import VectorIndex
from services.search.core.ports.words import LexicalIndex
from triptych.vocabulary.choices import SpaceKind

# Products at a time: a write of one of them waits until its page is done.
PAGE_PRODUCTS = 200

# Told of a catalogue and how many of its products are done.
Progress = Callable[[str, int], None]


class Refill:
    """Fills *lexical* from the records in *index*.

    Args:
        index: holds the records.
        lexical: what is to be filled.
        locks: those that writers hold, (catalogue, product id): a product that is written meanwhile stays as written.
        facts_of: reads what can be looked for in a serialised product.
        progress: is told after each page.
    """

    def __init__(
        self,
        index: VectorIndex,
        lexical: LexicalIndex,
        locks: KeyedLocks,
        facts_of: Callable[[bytes], Facts],
        progress: Progress = lambda *_: None,
    ) -> None:
        self._index = index
        self._lexical = lexical
        self._locks = locks
        self._facts_of = facts_of
        self._progress = progress

    async def run(self) -> None:
        """Return when the lexical index has every catalogue of the record, and no other.

        Raises:
            TriptychError: of either index; running again goes on.
        """
        # In this order: a catalogue that is made meanwhile is not taken for one that is gone.
        complete = await self._lexical.complete_catalogs()
        records = {
            each.catalog: each for each in await self._index.catalogs() if each.kind is SpaceKind.FUSED
        }
        for catalog in sorted(complete - records.keys()):
            await self._lexical.forget(catalog)
        for catalog in sorted(records.keys() - complete):
            await self._fill(records[catalog])

    async def _fill(self, record: Collection) -> None:
        done = 0
        last: RowKey | None = None
        while page := await self._index.keys_after(record, last, PAGE_PRODUCTS):
            await self._copy(record, page)
            last, done = page[-1], done + len(page)
            self._progress(record.catalog, done)
        await self._lexical.complete(record.catalog)

    async def _copy(self, record: Collection, keys: Sequence[RowKey]) -> None:
        async with self._locks.holding((record.catalog, each.product_id) for each in keys):
            # Read inside: what was removed or written since the keys were listed is seen as it is now.
            rows = await self._index.read(record, keys, with_vectors=False)
            facts = {row.key.product_id: self._facts_of(row.product) for row in rows}
            await self._lexical.write(record.catalog, facts)
