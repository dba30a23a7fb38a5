"""Keeping: products are written, read and removed as wholes.

The FUSED collection is the catalogue's record: a product exists when its FUSED row does. It is written last and removed
first, so that whatever breaks off in between leaves an acknowledged product as it was, and no removed one half alive.
Doing the same again completes what broke off. The lexical index is written and removed with the other vectors; what it has
beyond the record is passed over by searches.
"""

from collections.abc import Mapping, Sequence

from services.search.core.attributes import attributes_of, beyond, refusals
from services.search.core.beside import Beside, remove_beside, write_beside
from services.search.core.checks import (
    Spaces,
    catalog_not_found,
    check_distinct,
    check_spaces,
    checked,
)
from services.search.core.generations import Collections, collections_of, existing_live_of, live_of
from services.search.core.locks import KeyedLocks, ProductLocks
from services.search.core.model import Attributes, Collection, ProductRecord, Row, RowKey
from services.search.core.ports.vectors import VectorIndex
from services.search.core.ports.words import LexicalIndex
from services.search.core.rows import Keys, RowWriter
from services.search.core.stored import stored
from services.search.core.writing import Decided, Decision, ProductEditor, Written, decide, plan
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.concurrency import both
from triptych.vocabulary.errors import NotFound, TriptychError
from triptych.vocabulary.vectors import Space


class Keeper:
    """Keeps products in *index*, and their words and fields in *lexical*.

    Args:
        index: their vectors and records.
        lexical: their words and fields.
        editor: looks into products.
        locks: by (catalogue, product id). Two writes of one product at the same time, each with its own views, would
            leave a mixture of both.
    """

    def __init__(
        self,
        index: VectorIndex,
        lexical: LexicalIndex,
        editor: ProductEditor,
        locks: KeyedLocks | None = None,
    ) -> None:
        self._index = index
        self._lexical = lexical
        self._editor = editor
        self._locks = locks or ProductLocks()
        self._rows = RowWriter(index)

    async def write(
        self,
        catalog: str,
        spaces: Spaces,
        records: Sequence[ProductRecord | TriptychError],
        beside: Beside | None = None,
    ) -> list[Written | TriptychError]:
        """Store the products on their terms; the catalogue is made if it does not exist.

        Args:
            catalog: the catalogue.
            spaces: the facts of the spaces that the vectors live in.
            records: the products, ids distinct; an error stands for a product that could not even be read.
            beside: the vectors of the same products by the pack to which the catalogue is being upgraded.

        Returns:
            One outcome per record, in their order: what there is now, or why this one was refused. The others are stored.

        Raises:
            InvalidArgument: an id stands twice, or the catalogue is at home in other spaces.
            TriptychError: of the index; then any of the products may have been stored, and writing again is harmless.
        """
        check_distinct(records)
        sound = [each if isinstance(each, TriptychError) else checked(each, spaces) for each in records]
        good = [each for each in sound if isinstance(each, ProductRecord)]
        async with self._locks.holding((catalog, each.id) for each in good):
            # Inside: the writer before may have made collections, and left rows in them that are stale now.
            live = await live_of(self._index, catalog)
            check_spaces(spaces, live.serving)
            decisions, left_over = await both(
                self._decisions(catalog, good, live.serving), self._rows.left_over(live.serving, good)
            )
            decided = [each.record for each in decisions.values() if isinstance(each, Decided)]
            refused = refusals(decided, _attributes(live.serving))
            accepted = [each for each in decided if each.id not in refused]
            if accepted and live.other is not None:
                await write_beside(self._rows, live.other, accepted, beside)
            if accepted:
                await self._write(catalog, spaces, accepted, live.serving, left_over)
        outcomes = {
            each: decision.written if isinstance(decision, Decided) else decision
            for each, decision in decisions.items()
        } | refused
        return [each if isinstance(each, TriptychError) else outcomes[each.id] for each in sound]

    async def plan(
        self, catalog: str, records: Sequence[ProductRecord | TriptychError]
    ) -> tuple[list[Decision], Mapping[str, str], Spaces]:
        """Return what would become of *records*, which have no vectors, the etags that there are by id, and the spaces.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
        """
        collections = await collections_of(self._index, catalog)
        if not collections:
            raise catalog_not_found(catalog)
        there = await stored(
            self._index, collections, [each for each in records if isinstance(each, ProductRecord)]
        )
        return (
            [
                each if isinstance(each, TriptychError) else plan(each, there.get(each.id), self._editor)
                for each in records
            ],
            {each: of.history.etag for each, of in there.items()},
            {kind: each.space for kind, each in collections.items()},
        )

    async def read(
        self, catalog: str, ids: Sequence[str], *, with_vectors: bool, fresh: bool = True
    ) -> tuple[list[Row], Collection]:
        """Return the records that exist, in the order of *ids*, and the collection they are kept in.

        Sees every write that has returned; not so unless *fresh*, which is quicker.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
        """
        record = await self._record(catalog)
        keys = [RowKey(each, 0) for each in dict.fromkeys(ids)]
        read = await self._index.read(record, keys, with_vectors=with_vectors, fresh=fresh)
        rows = {row.key: row for row in read}
        return [rows[key] for key in keys if key in rows], record

    async def remove(self, catalog: str, ids: Sequence[str]) -> list[str]:
        """Remove the products with all their vectors; return those of *ids* that did not exist.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
        """
        wanted = list(dict.fromkeys(ids))
        async with self._locks.holding((catalog, each) for each in wanted):
            live = await existing_live_of(self._index, catalog)
            if live.other is not None:
                await remove_beside(self._rows, live.other, wanted)
            existing = await self._rows.remove_records(live.serving, wanted)
            # Also of those that did not exist: an earlier removal may have broken off after the record.
            await both(self._lexical.remove(catalog, wanted), self._rows.remove_sides(live.serving, wanted))
        return [each for each in wanted if each not in existing]

    async def catalogs(self) -> dict[str, dict[SpaceKind, Space]]:
        """Return the spaces of every catalogue, by its name and their kind, both in order."""
        catalogs: dict[str, dict[SpaceKind, Space]] = {}
        for each in sorted(await self._index.catalogs(), key=lambda found: (found.catalog, found.kind)):
            catalogs.setdefault(each.catalog, {})[each.kind] = each.space
        return catalogs

    async def unreadable(self) -> list[str]:
        """Return the names of catalogues that are there and cannot be read."""
        return await self._index.unreadable()

    async def facts(self, catalog: str) -> Collection:
        """Return the collection that says what the catalogue is like: its attributes and its calibration.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
        """
        return await self._record(catalog)

    async def set_calibration(self, catalog: str, calibration: str) -> None:
        """Keep *calibration* with the catalogue; empty for none.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
        """
        await self._index.set_calibration(await self._record(catalog), calibration)

    async def _record(self, catalog: str) -> Collection:
        record = await self._index.collection(catalog, SpaceKind.FUSED, fresh=True)
        if record is None:
            raise catalog_not_found(catalog)
        return record

    async def _decisions(
        self, catalog: str, sent: Sequence[ProductRecord], collections: Collections
    ) -> dict[str, Decision]:
        """Return what becomes of each product, by its id."""
        there = await stored(self._index, collections, sent)
        decisions = {each.id: decide(each, there.get(each.id), self._editor) for each in sent}
        if SpaceKind.FUSED in collections:
            return decisions
        missing = catalog_not_found(catalog)
        return {
            each: missing if isinstance(decision, NotFound) else decision
            for each, decision in decisions.items()
        }

    async def _write(
        self,
        catalog: str,
        spaces: Spaces,
        records: Sequence[ProductRecord],
        old: Collections,
        left_over: Keys,
    ) -> None:
        collections = await self._rows.made(catalog, spaces, records, old)
        if not old:
            # Somebody else may have been faster, with other spaces.
            serving = await collections_of(self._index, catalog)
            check_spaces(spaces, serving)
            # It has no product yet, so there is none that the lexical index lacks.
            await self._lexical.complete(catalog)
        # Before the rows: what can be found can be asked for.
        if new := beyond(attributes_of(records), _attributes(collections)):
            await self._index.add_attributes(collections[SpaceKind.FUSED], new)
        await both(
            self._lexical.write(catalog, {each.id: each.facts for each in records}),
            self._rows.write_sides(collections, records),
        )
        await self._rows.write_records(collections, records, left_over)


def _attributes(collections: Collections) -> Attributes:
    return collections[SpaceKind.FUSED].attributes if SpaceKind.FUSED in collections else {}
