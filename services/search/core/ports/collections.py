"""Collections of vectors: made, described, switched, removed."""

from typing import Protocol

from services.search.core.model import Attributes, Collection
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.vectors import Space


class CollectionStore(Protocol):
    """The collections of all catalogues, kept durably; the half of `VectorIndex` that looks at no row.

    Every method raises what those of `VectorIndex` raise.
    """

    async def collection(
        self, catalog: str, kind: SpaceKind, *, generation: str = "", fresh: bool = False
    ) -> Collection | None:
        """Return the collection of the *kind* of the *catalog*; None where there is none.

        Args:
            catalog: the catalogue.
            kind: which of its vectors.
            generation: which of its generations; empty for the one that serves.
            fresh: an implementation may answer from memory for some seconds unless the answer is to be fresh.
        """
        ...

    async def create(self, catalog: str, kind: SpaceKind, space: Space) -> Collection:
        """Make the collection if it is not there, ready to be written and searched; of the generation of *space*'s pack.

        The first FUSED collection of a catalogue lets its generation serve. Of two callers at the same time, both get the
        same collection, and one generation serves.
        """
        ...

    async def add_attributes(self, collection: Collection, attributes: Attributes) -> None:
        """Keep with *collection* that its products have *attributes*, beside those that it has already. Durable.

        Of two callers at the same time, neither takes away what the other adds.
        """
        ...

    async def set_calibration(self, collection: Collection, calibration: str) -> None:
        """Keep *calibration* with *collection* in place of the one that it has; empty for none. Durable."""
        ...

    async def set_other(self, collection: Collection, generation: str) -> None:
        """Keep with *collection* that *generation* is kept up beside it; empty for none. Durable."""
        ...

    async def set_upgrade(self, collection: Collection, record: str) -> None:
        """Keep *record* with *collection*, as what is noted of its upgrade; empty for nothing. Durable."""
        ...

    async def switch(self, collection: Collection) -> None:
        """Let the generation of the FUSED *collection* serve its catalogue, all kinds at once. Durable."""
        ...

    async def drop_generation(self, catalog: str, generation: str) -> None:
        """Remove the collections of a *generation* that does not serve, as far as they are there."""
        ...

    async def catalogs(self) -> list[Collection]:
        """Return every collection that serves, in any order."""
        ...

    async def unreadable(self) -> list[str]:
        """Return the names of catalogues of which something is there that cannot be read, in order.

        They were stored by another version of this service, or removed half-way.
        """
        ...

    async def drop(self, catalog: str) -> bool:
        """Remove all collections of the *catalog*; return whether there were any.

        The record goes last: until then there is such a catalogue, and doing it again completes what broke off.
        """
        ...
