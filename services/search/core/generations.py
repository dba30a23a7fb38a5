"""The generations of a catalogue: its vectors by one pack, and by another beside it.

One generation serves: that of the collection behind the catalogue's alias. The FUSED collections of the two name one
another, so that whoever writes knows at once what else is to be kept up, and moving the alias is the whole of a switch.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from services.search.core.checks import catalog_not_found
from services.search.core.model import Collection
from services.search.core.ports.vectors import VectorIndex
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import NotFound, Reason

Collections = Mapping[SpaceKind, Collection]


@dataclass(frozen=True)
class Live:
    """What is written: the collections that serve, none where the catalogue is new, and those beside them."""

    serving: Collections
    other: Collections | None = None

    @property
    def beside(self) -> Collections:
        """The collections beside those that serve.

        Raises:
            NotFound: UPGRADE_NOT_FOUND, there are none.
        """
        if self.other is None:
            catalog = self.serving[SpaceKind.FUSED].catalog
            raise NotFound(
                f'The catalogue "{catalog}" has no vectors of another pack.',
                reason=Reason.UPGRADE_NOT_FOUND,
                field="catalog",
                metadata={"catalog": catalog},
            )
        return self.other


async def collections_of(
    index: VectorIndex, catalog: str, generation: str = ""
) -> dict[SpaceKind, Collection]:
    """Return the collections of a generation that exist, as they are now; empty: of the one that serves."""
    record = await index.collection(catalog, SpaceKind.FUSED, generation=generation, fresh=True)
    return {} if record is None else await _with_sides(index, record)


async def _with_sides(index: VectorIndex, record: Collection) -> dict[SpaceKind, Collection]:
    sides = (kind for kind in SpaceKind if kind is not SpaceKind.FUSED)
    found = await asyncio.gather(
        *(index.collection(record.catalog, kind, generation=record.generation, fresh=True) for kind in sides)
    )
    return {SpaceKind.FUSED: record} | {each.kind: each for each in found if each is not None}


async def live_of(index: VectorIndex, catalog: str) -> Live:
    """Return what is to be written of the *catalog*, as it is now."""
    record = await index.collection(catalog, SpaceKind.FUSED, fresh=True)
    if record is None:
        return Live({})
    if not record.other:
        return Live(await _with_sides(index, record))
    serving, other = await asyncio.gather(
        _with_sides(index, record), collections_of(index, catalog, record.other)
    )
    # Half dropped: whoever dropped it does the rest.
    return Live(serving, other or None)


async def existing_live_of(index: VectorIndex, catalog: str) -> Live:
    """Return the same of a catalogue that must exist.

    Raises:
        NotFound: CATALOG_NOT_FOUND.
    """
    live = await live_of(index, catalog)
    if not live.serving:
        raise catalog_not_found(catalog)
    return live
