"""Writes on terms: whole products that give way to what is newer, and fields of products that are set alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.core.catalog import Catalog
from gateway.core.model.catalog import NewProduct, ProductRecord, ProductUpdate
from gateway.core.planning import Outcome, PlannedWrites, is_conflict
from gateway.core.ports.rooms import Index
from gateway.core.refusals import duplicates
from triptych.vocabulary.choices import WriteMode
from triptych.vocabulary.errors import Reason, TriptychError
from triptych.vocabulary.products import ENCODED_FIELDS

# Between being missing and being made somebody else can make it, or remove it again.
MISSING_ATTEMPTS_MAX = 3
_MISSING = frozenset({Reason.PRODUCT_NOT_FOUND, Reason.CATALOG_NOT_FOUND})


@dataclass(frozen=True)
class Writes:
    """Writes products: by *catalog* where they are whole, by *planned* where what is stored has a say in their vectors."""

    index: Index
    catalog: Catalog
    planned: PlannedWrites

    async def upsert(self, catalog: str, products: Sequence[NewProduct | TriptychError]) -> list[Outcome]:
        """Store *products*; see `Catalog.upsert`. Late ones keep the newer words, pictures and sounds that are stored."""
        outcomes = await self.catalog.upsert(catalog, products)
        late = {
            place: product
            for place, product in enumerate(products)
            if isinstance(product, NewProduct) and is_conflict(outcomes[place])
        }
        if late:
            found = await self.planned.write(catalog, list(late.values()))
            for place, outcome in zip(late, found, strict=True):
                outcomes[place] = outcome
        return outcomes

    async def update(self, catalog: str, updates: Sequence[ProductUpdate | TriptychError]) -> list[Outcome]:
        """Make *updates*, each with its own outcome. An error among them stays what it is.

        The fields of errors are relative to the product: "images[0].data".

        Raises:
            Unavailable, DeadlineExceeded: a room does not answer, or not in time; updating again is harmless.
        """
        outcomes: dict[int, Outcome] = {}
        good: dict[int, ProductUpdate] = {}
        for place, (update, error) in enumerate(zip(updates, self._refusals(updates), strict=True)):
            if isinstance(update, TriptychError):
                outcomes[place] = update
            elif error is not None:
                outcomes[place] = error
            else:
                good[place] = update
        for _ in range(MISSING_ATTEMPTS_MAX):
            outcomes |= await self._update(catalog, good)
            missing = {
                i: each for i, each in good.items() if each.allow_missing and _is(outcomes[i], _MISSING)
            }
            outcomes |= await self._make(catalog, missing)
            good = {i: each for i, each in missing.items() if _is(outcomes[i], {Reason.PRODUCT_EXISTS})}
            if not good:
                break
        return [outcomes[place] for place in range(len(updates))]

    def _refusals(self, updates: Sequence[ProductUpdate | TriptychError]) -> list[TriptychError | None]:
        """Say of each update why it cannot even be tried."""
        products = [each if isinstance(each, TriptychError) else each.product for each in updates]
        found = duplicates(products)
        for place, product in enumerate(products):
            if isinstance(product, NewProduct) and found[place] is None:
                try:
                    self.catalog.ahead.check(product.terms.time)
                except TriptychError as error:
                    found[place] = error
        return found

    async def _update(self, catalog: str, updates: Mapping[int, ProductUpdate]) -> dict[int, Outcome]:
        encoded = {
            i: each.product
            for i, each in updates.items()
            if ENCODED_FIELDS.keys() & set(each.product.terms.paths)
        }
        plain = {i: each.product for i, each in updates.items() if i not in encoded}
        outcomes: dict[int, Outcome] = {}
        if plain:
            records = [ProductRecord(each.id, each.record, terms=each.terms) for each in plain.values()]
            outcomes |= zip(plain, await self.index.write(catalog, {}, records), strict=True)
        if encoded:
            outcomes |= zip(encoded, await self.planned.write(catalog, list(encoded.values())), strict=True)
        return outcomes

    async def _make(self, catalog: str, updates: Mapping[int, ProductUpdate]) -> dict[int, Outcome]:
        """Make products of all that their updates have."""
        products = [
            replace(each.product, terms=replace(each.product.terms, paths=(), mode=WriteMode.CREATE_ONLY))
            for each in updates.values()
        ]
        if not products:
            return {}
        return dict(zip(updates, await self.upsert(catalog, products), strict=True))


def _is(outcome: Outcome, reasons: frozenset[Reason] | set[Reason]) -> bool:
    return isinstance(outcome, TriptychError) and outcome.reason in reasons
