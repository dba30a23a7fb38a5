"""Sweeping: kept pictures and sounds that no product of any catalogue names are told, and removed.

First every product is read, and what it names counts as kept anew; then whatever was last kept before is nobody's. So
nothing has to be remembered between two pages but where the walk is, however many media there are, and what is kept while
the walk goes on is never taken for nobody's.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gateway.core.ports.media import KeptMedia
from gateway.core.ports.products import ProductReader
from gateway.core.ports.rooms import CatalogStore
from gateway.core.ports.tokens import Cursors
from triptych.vocabulary.errors import FailedPrecondition, NotFound, Reason

SWEPT = "swept"
# What was kept in the hour before stays: it is kept before the product that names it is stored.
SPARED_S = 3_600.0
# A picture is named by a page of products once, but a product can name many.
CONFIRMED_AT_A_TIME = 10_000


@dataclass(frozen=True)
class Place:
    """Where a walk is.

    Args:
        began_s: when it began, in seconds since 1970.
        catalog, after_id: the products up to here were read; an empty id is the end of the catalogue.
        are_read: whether all products of all catalogues were read.
        after_content: the media up to here were looked at.
    """

    began_s: float
    catalog: str = ""
    after_id: str = ""
    are_read: bool = False
    after_content: str = ""


@dataclass(frozen=True)
class Swept:
    """What a page of the walk found; the token of the next page, empty at the end."""

    products: int = 0
    lost: Sequence[str] = ()
    unnamed: Sequence[str] = ()
    removed: int = 0
    next_token: str = ""


@dataclass(frozen=True)
class Sweeping:
    """Walks through the products in *store*, then through the *media*; *now* returns the seconds since 1970."""

    store: CatalogStore
    media: KeptMedia
    reader: ProductReader
    cursors: Cursors
    now: Callable[[], float] = time.time

    async def page(self, token: str, limit: int, *, remove: bool) -> Swept:
        """Look at the next *limit* products or media, 1 to 1000; *remove* media that no product names.

        Raises:
            FailedPrecondition: CATALOG_OUTDATED, a catalogue cannot be read, and so it is not known what it names.
            InvalidArgument: PAGE_TOKEN_INVALID.
        """
        place = Place(**json.loads(self.cursors.open(token, SWEPT, ""))) if token else Place(self.now())
        if not place.are_read:
            return await self._read(place, limit)
        return await self._sweep(place, limit, remove=remove)

    async def _read(self, place: Place, limit: int) -> Swept:
        if not place.after_id:
            await self._check_readable()
            names = sorted(each for each in await self.store.catalogs() if each > place.catalog)
            if not names:
                return Swept(next_token=self._token(replace(place, are_read=True)))
            place = replace(place, catalog=names[0])
        try:
            page = await self.store.page(place.catalog, "", place.after_id, limit, with_products=True)
        except NotFound:
            # It was removed meanwhile, with all its products.
            return Swept(next_token=self._token(replace(place, after_id="")))
        named = sorted({each for record in page.records for each in self._named(record.record)})
        lost: list[str] = []
        for at in range(0, len(named), CONFIRMED_AT_A_TIME):
            lost += await self.media.confirm(named[at : at + CONFIRMED_AT_A_TIME])
        return Swept(
            len(page.records), lost, next_token=self._token(replace(place, after_id=page.next_after_id))
        )

    async def _sweep(self, place: Place, limit: int, *, remove: bool) -> Swept:
        await self._check_readable()
        before_s = place.began_s - SPARED_S
        unnamed = await self.media.ids(place.after_content, limit, before_s)
        removed = await self.media.remove(unnamed, before_s) if remove and unnamed else 0
        more = self._token(replace(place, after_content=unnamed[-1])) if len(unnamed) == limit else ""
        return Swept(unnamed=unnamed, removed=removed, next_token=more)

    def _named(self, product: bytes) -> Sequence[str]:
        ids = (content.media.content_id for content in self.reader.contents(product))
        return [each for each in ids if each]

    async def _check_readable(self) -> None:
        if unreadable := await self.store.unreadable():
            raise FailedPrecondition(
                "Some catalogues cannot be read, so that nobody knows which media they name: "
                + ", ".join(unreadable),
                reason=Reason.CATALOG_OUTDATED,
                metadata={"catalogs": " ".join(unreadable)},
            )

    def _token(self, place: Place) -> str:
        return self.cursors.seal(json.dumps(vars(place)), SWEPT, "")
