"""Catalogues as wholes: made, listed, described, checked, removed; and their products page by page."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.access import current
from gateway.core.model.catalog import ProductRecord
from gateway.core.model.keeping import CatalogDescription, CheckPage
from gateway.core.model.query import Content
from gateway.core.model.vectors import PartVector
from gateway.core.ports.events import EventStore
from gateway.core.ports.rooms import CatalogStore, Encoder, Fuser
from gateway.core.ports.tokens import Cursors
from triptych.vocabulary.choices import FusionStrategy, Modality, SpaceKind
from triptych.vocabulary.errors import AlreadyExists, InvalidArgument, Reason, TriptychError
from triptych.vocabulary.vectors import Space

# How many products are removed at a time by a filter.
REMOVED_AT_A_TIME = 500
# What cursors are for; one of another purpose is refused.
CATALOGS, PRODUCTS = "catalogs", "products"


@dataclass(frozen=True)
class Page:
    """Things of a list, and the token of the next page; empty at the end."""

    items: Sequence[tuple[str, str]]
    next_token: str


@dataclass(frozen=True)
class Keeping:
    """Keeps catalogues in *store*, and forgets what customers did with those that are removed."""

    encoder: Encoder
    fuser: Fuser
    store: CatalogStore
    events: EventStore
    cursors: Cursors

    async def create(self, catalog: str) -> None:
        """Make an empty *catalog* in the spaces of the models that are served.

        Raises:
            AlreadyExists: CATALOG_EXISTS.
        """
        if await self.store.create(catalog, await self._spaces()):
            raise AlreadyExists(
                f'There is a catalogue "{catalog}" already.',
                reason=Reason.CATALOG_EXISTS,
                field="catalog",
                metadata={"catalog": catalog},
            )

    async def delete(self, catalog: str) -> None:
        """Remove the *catalog* with all that is known of it.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
        """
        # The events first: when the store fails after that, asking again goes on; the other way round they would stay.
        await self.events.forget(catalog)
        await self.store.drop(catalog)

    async def describe(self, catalog: str) -> CatalogDescription:
        """Return what the *catalog* is like.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
        """
        return await self.store.describe(catalog)

    async def catalogs(self, limit: int, token: str) -> Page:
        """Return the names of *limit* catalogues of the caller with the packs of their vectors, and where to go on.

        Raises:
            InvalidArgument: PAGE_TOKEN_INVALID.
        """
        after = self.cursors.open(token, CATALOGS, "") if token else ""
        packs = {
            name: spaces[SpaceKind.FUSED].pack
            for name, spaces in (await self.store.catalogs()).items()
            if SpaceKind.FUSED in spaces and current.may_use(name)
        }
        names = [name for name in sorted(packs) if name > after]
        shown = names[:limit]
        more = self.cursors.seal(shown[-1], CATALOGS, "") if len(names) > limit else ""
        return Page([(name, packs[name]) for name in shown], more)

    async def products(
        self,
        catalog: str,
        filter: str,  # noqa: A002 - as the API names it
        limit: int,
        token: str,
    ) -> tuple[Sequence[ProductRecord], str]:
        """Return *limit* products that pass the *filter*, and the token of the next page; empty at the end.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
            InvalidArgument: FILTER_INVALID; PAGE_TOKEN_INVALID, also when catalogue or filter are others.
        """
        scope = f"{catalog}\n{filter}"
        after = self.cursors.open(token, PRODUCTS, scope) if token else ""
        page = await self.store.page(catalog, filter, after, limit, with_products=True)
        more = self.cursors.seal(page.next_after_id, PRODUCTS, scope) if page.next_after_id else ""
        return page.records, more

    async def remove_matching(self, catalog: str, filter: str) -> int:  # noqa: A002 - as the API names it
        """Remove every product that passes the *filter*; return how many there were.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
            InvalidArgument: FILTER_INVALID; an empty filter is one of them, since it would pass all.
        """
        if not filter.strip():
            raise InvalidArgument(
                "An empty filter passes every product; to remove all, delete the catalogue.",
                reason=Reason.FILTER_INVALID,
                field="filter",
            )
        removed, after = 0, ""
        while True:
            page = await self.store.page(catalog, filter, after, REMOVED_AT_A_TIME, with_products=False)
            ids = [each.id for each in page.records]
            if ids:
                removed += len(ids) - len(await self.store.remove(catalog, ids))
            after = page.next_after_id
            if not after:
                return removed

    async def check(self, catalog: str, token: str, limit: int, *, repair: bool) -> CheckPage:
        """Compare the next *limit* rows of what is kept with the records, and mend them if *repair*.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
            InvalidArgument: PAGE_TOKEN_INVALID.
        """
        return await self.store.check(catalog, token, limit, repair=repair)

    async def _spaces(self) -> dict[SpaceKind, Space]:
        """Return the space of records, which the models tell with anything that they encode."""
        encoded = await self.encoder.encode([Content(Modality.TEXT, "", text="catalogue")])
        (vector,) = encoded.outcomes
        if isinstance(vector, TriptychError):
            raise vector
        fused = await self.fuser.fuse(FusionStrategy.LEARNED, [[PartVector(vector, Modality.TEXT, 1.0)]])
        return {SpaceKind.FUSED: fused.space}
