"""Products as they are stored, encoded again by another pack: words from the record, media from the store or their addresses."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gateway.core.catalog import group, spaces_by_kind, views
from gateway.core.model.catalog import NewProduct, ProductRecord, StoredVector
from gateway.core.ports.products import ProductReader
from gateway.core.upgrade.model import Beside, Pair, Refused
from gateway.core.upgrade.packs import Packs
from triptych.vocabulary.choices import FusionStrategy, SpaceKind
from triptych.vocabulary.errors import TriptychError

# So much of the time that a write has left may the other pack take.
SHARE_OF_TIME = 0.5


@dataclass(frozen=True)
class Reencoder:
    """Encodes stored products."""

    reader: ProductReader

    def contents_of(self, product: ProductRecord) -> int:
        """Return how many texts, pictures and sounds of *product* are encoded."""
        return len(self.reader.contents(product.record))

    async def encode(self, pair: Pair, products: Sequence[ProductRecord]) -> tuple[Beside, list[Refused]]:
        """Return the vectors of *products* by *pair*, and those that it refuses.

        Raises:
            Unavailable, DeadlineExceeded, ResourceExhausted: a room does not answer, not in time, or is at work on too much.
        """
        stored = [NewProduct(each.id, each.record, self.reader.contents(each.record)) for each in products]
        contents = [content for product in stored for content in product.contents]
        encoded = await pair.encoder.encode(contents)
        made = dict(zip((each.id for each in stored), views(stored, encoded), strict=True))
        refused = {each: found for each, found in made.items() if isinstance(found, TriptychError)}
        whole = {each: found for each, found in made.items() if not isinstance(found, TriptychError)}
        if not whole:
            return Beside({}), [_refused(*each) for each in refused.items()]
        fused = await pair.fuser.fuse(FusionStrategy.LEARNED, [group(found) for found in whole.values()])
        vectors = {}
        for (each, found), outcome in zip(whole.items(), fused.outcomes, strict=True):
            if isinstance(outcome, TriptychError):
                refused[each] = outcome
            else:
                vectors[each] = (StoredVector(SpaceKind.FUSED, 0, outcome), *found)
        return Beside(spaces_by_kind(encoded, fused), vectors), [_refused(*each) for each in refused.items()]


@dataclass(frozen=True)
class WritingBeside:
    """Encodes what is written to a catalogue that is being upgraded by the other pack too.

    *remaining_s* returns the seconds that the write has left, or raises DeadlineExceeded.
    """

    packs: Packs
    reencoder: Reencoder
    remaining_s: Callable[[], float]

    async def beside(self, catalog: str, products: Sequence[ProductRecord]) -> Beside | None:
        """Return the vectors of *products* by the pack beside the one that serves, as far as there are any.

        What goes wrong here, or takes too long, fails no write: the product is encoded later. So are products of which
        only some fields are written, since what they become is decided in the store.
        """
        changed = [
            each for each in products if each.vectors and not each.terms.paths and not each.terms.base_etag
        ]
        if not changed:
            return None
        try:
            async with asyncio.timeout(self.remaining_s() * SHARE_OF_TIME):
                pair = await self.packs.beside(catalog)
                if pair is None:
                    return None
                made, _ = await self.reencoder.encode(pair, changed)
        except (TriptychError, TimeoutError):
            return None
        return made if made.vectors else None


def with_vectors(products: Sequence[ProductRecord], beside: Beside) -> list[ProductRecord]:
    """Return those of *products* that have vectors in *beside*, with these."""
    return [replace(each, vectors=beside.vectors[each.id]) for each in products if each.id in beside.vectors]


def _refused(product_id: str, error: TriptychError) -> Refused:
    return Refused(product_id, error.reason.value, error.field)
