"""Products with their vectors, out of a catalogue and into one: nothing is encoded on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.core.model.catalog import ProductRecord
from gateway.core.model.writes import Terms
from gateway.core.ports.rooms import CatalogStore, Index
from gateway.core.ports.tokens import Cursors
from gateway.core.refusals import duplicates
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.vectors import Space

# What cursors are for; one of another purpose is refused.
EXPORTED = "exported"


@dataclass(frozen=True)
class Exported:
    """A page of products with all their vectors, the spaces of the catalogue, and the token of the next page."""

    records: Sequence[ProductRecord]
    spaces: Mapping[SpaceKind, Space]
    next_token: str


@dataclass(frozen=True)
class Transfer:
    """Reads products from *store* and writes them to *index*."""

    store: CatalogStore
    index: Index
    cursors: Cursors

    async def page(self, catalog: str, filter: str, limit: int, token: str) -> Exported:  # noqa: A002 - as the API names it
        """Return the next *limit* products that pass the *filter*.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
            InvalidArgument: FILTER_INVALID; PAGE_TOKEN_INVALID, also when catalogue or filter are others.
        """
        scope = f"{catalog}\n{filter}"
        after = self.cursors.open(token, EXPORTED, scope) if token else ""
        page = await self.store.page(catalog, filter, after, limit, with_products=True, with_vectors=True)
        more = self.cursors.seal(page.next_after_id, EXPORTED, scope) if page.next_after_id else ""
        return Exported(page.records, page.spaces, more)

    async def store_records(
        self,
        catalog: str,
        spaces: Mapping[SpaceKind, Space],
        records: Sequence[ProductRecord | TriptychError],
    ) -> list[TriptychError | None]:
        """Store *records* as they are; None for each that was stored. An error among them stays what it is.

        Raises:
            InvalidArgument: SPACE_MISMATCH and the like, the catalogue has vectors of other models.
        """
        outcomes = dict(enumerate(refusals(records)))
        good = {
            place: each
            for place, each in enumerate(records)
            if isinstance(each, ProductRecord) and outcomes[place] is None
        }
        if good:
            # What is restored is to be as it was, also over what is newer.
            restored = [replace(each, terms=Terms(overrides=True)) for each in good.values()]
            written = await self.index.write(catalog, spaces, restored)
            errors = (each if isinstance(each, TriptychError) else None for each in written)
            outcomes.update(zip(good, errors, strict=True))
        return [outcomes[place] for place in range(len(records))]


def refusals(records: Sequence[ProductRecord | TriptychError]) -> list[TriptychError | None]:
    """Say of each record why it cannot even be tried: of those of one id, the last one counts."""
    return [
        record if isinstance(record, TriptychError) else twice and twice.under("product")
        for record, twice in zip(records, duplicates(records), strict=True)
    ]
