"""Catalogues as wholes: made, described, removed."""

import asyncio
from dataclasses import dataclass

from services.search.core.checks import Spaces, catalog_not_found, check_declared
from services.search.core.generations import collections_of
from services.search.core.locks import ProductLocks
from services.search.core.model import Collection
from services.search.core.ports.vectors import VectorIndex
from services.search.core.ports.words import LexicalIndex
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import InvalidArgument, Reason


@dataclass(frozen=True)
class Kept:
    """A collection and how many vectors are in it; None where they were not counted."""

    collection: Collection
    vectors: int | None


class Catalogs:
    """The catalogues in *index*, and their words in *lexical*.

    Args:
        index: their vectors and records.
        lexical: their words and fields.
        locks: those that writers hold; by (catalogue, "") one catalogue is made once at a time.
    """

    def __init__(self, index: VectorIndex, lexical: LexicalIndex, locks: ProductLocks) -> None:
        self._index = index
        self._lexical = lexical
        self._locks = locks

    async def create(self, catalog: str, spaces: Spaces) -> bool:
        """Make the *catalog* without products; return whether it was there before.

        Raises:
            InvalidArgument: it is there, in other spaces; or *spaces* lack that of the records.
        """
        if SpaceKind.FUSED not in spaces:
            raise InvalidArgument(
                "A catalogue needs a space of FUSED vectors.", reason=Reason.FIELD_INVALID, field="spaces"
            )
        async with self._locks.holding([(catalog, "")]):
            there = await self._index.collection(catalog, SpaceKind.FUSED, fresh=True)
            if there is None:
                await self._index.create(catalog, SpaceKind.FUSED, spaces[SpaceKind.FUSED])
                await self._lexical.complete(catalog)
                return False
        for position, (kind, space) in enumerate(spaces.items()):
            if kind is there.kind:
                check_declared(there, space, f"spaces[{position}].space")
        return True

    async def drop(self, catalog: str) -> None:
        """Remove the *catalog* with all that is in it.

        Raises:
            NotFound: CATALOG_NOT_FOUND, nothing of it is there.
        """
        # Nobody writes meanwhile: words written after these are removed would be taken for those of a catalogue to come.
        async with self._locks.holding_all(catalog):
            # The record goes last, so that asking again completes what broke off. A lexical index that lost a catalogue of
            # the record is filled again; the other way round its words would be taken for those of a catalogue to come.
            await self._lexical.forget(catalog)
            if not await self._index.drop(catalog):
                raise catalog_not_found(catalog)

    async def describe(self, catalog: str, *, counted: bool) -> list[Kept]:
        """Return the collections of the *catalog* that there are, that of its records first.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
        """
        collections = [*(await collections_of(self._index, catalog)).values()]
        if not collections:
            raise catalog_not_found(catalog)
        if not counted:
            return [Kept(each, None) for each in collections]
        counts = await asyncio.gather(*(self._index.count(each) for each in collections))
        return [Kept(each, count) for each, count in zip(collections, counts, strict=True)]
