"""Writes that change some of what vectors are made from: planned, encoded, and written if nobody was faster.

The search room says what the product would become, with the vectors that it has. What changes is encoded again, all is
fused anew, and the write names the etag that it was planned on. Where another has written meanwhile, it is planned anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from gateway.core.catalog import KIND_OF_MODALITY, group, kept_media, spaces_by_kind, views
from gateway.core.model.catalog import NewProduct, PlannedWrite, ProductRecord, StoredVector
from gateway.core.model.query import Content
from gateway.core.model.vectors import Encoded
from gateway.core.model.writes import Written
from gateway.core.ports.products import ProductReader, ProductWriter
from gateway.core.ports.rooms import Encoder, Fuser, Index
from triptych.vocabulary.choices import FusionStrategy, Modality, SpaceKind
from triptych.vocabulary.errors import InvalidArgument, NotFound, Reason, TriptychError
from triptych.vocabulary.products import ENCODED_FIELDS
from triptych.vocabulary.vectors import Space

# So often a product is planned until the others are to give way.
ATTEMPTS_MAX = 5

Outcome: TypeAlias = Written | TriptychError


@dataclass(frozen=True)
class PlannedWrites:
    """Writes products by plans."""

    encoder: Encoder
    fuser: Fuser
    index: Index
    reader: ProductReader
    writer: ProductWriter

    async def write(self, catalog: str, products: Sequence[NewProduct]) -> list[Outcome]:
        """Write *products*, each with its own outcome; those that others keep writing are refused in the end.

        Raises:
            Unavailable, DeadlineExceeded: a room does not answer, or not in time; writing again is harmless.
        """
        outcomes: dict[int, Outcome] = {}
        waiting = dict(enumerate(products))
        for _ in range(ATTEMPTS_MAX):
            found = await self._attempt(catalog, list(waiting.values()))
            outcomes |= dict(zip(waiting, found, strict=True))
            waiting = {place: products[place] for place in waiting if is_conflict(outcomes[place])}
            if not waiting:
                break
        return [outcomes[place] for place in range(len(products))]

    async def _attempt(self, catalog: str, products: Sequence[NewProduct]) -> list[Outcome]:
        bare = [ProductRecord(each.id, each.record, terms=each.terms) for each in products]
        try:
            plans, spaces = await self.index.plan(catalog, bare)
        except NotFound as error:
            return [error] * len(products)
        outcomes: dict[int, Outcome] = {}
        planned: dict[int, tuple[NewProduct, PlannedWrite]] = {}
        for place, (product, plan) in enumerate(zip(products, plans, strict=True)):
            if isinstance(plan, PlannedWrite):
                planned[place] = replace(product, contents=self._changed(product, plan)), plan
            else:
                outcomes[place] = plan
        if planned:
            found = await self._store(catalog, list(planned.values()), spaces)
            outcomes |= dict(zip(planned, found, strict=True))
        return [outcomes[place] for place in range(len(products))]

    def _changed(self, product: NewProduct, plan: PlannedWrite) -> tuple[Content, ...]:
        """Return what is to be encoded: words as they would be, pictures and sounds as they were sent."""
        kinds = changed_kinds(product, plan)
        words = [each for each in self.reader.contents(plan.record.record) if each.modality is Modality.TEXT]
        media = [each for each in product.contents if each.modality is not Modality.TEXT]
        return tuple(each for each in (*words, *media) if KIND_OF_MODALITY[each.modality] in kinds)

    async def _store(
        self,
        catalog: str,
        planned: Sequence[tuple[NewProduct, PlannedWrite]],
        spaces: Mapping[SpaceKind, Space],
    ) -> list[Outcome]:
        products = [product for product, _ in planned]
        contents = [content for product in products for content in product.contents]
        encoded = Encoded((), (), ())
        if contents:
            encoded = await self.encoder.encode(contents, keep_media=True)
        kept = kept_media(products, encoded)
        outcomes: dict[int, Outcome] = {}
        sides: dict[int, list[StoredVector]] = {}
        for place, made in enumerate(views(products, encoded)):
            vectors = made if isinstance(made, TriptychError) else joined(planned[place], made)
            if isinstance(vectors, TriptychError):
                outcomes[place] = vectors
            else:
                sides[place] = vectors
        if not sides:
            return [outcomes[place] for place in range(len(planned))]

        fused = await self.fuser.fuse(FusionStrategy.LEARNED, [group(each) for each in sides.values()])
        records: dict[int, ProductRecord] = {}
        for (place, vectors), vector in zip(sides.items(), fused.outcomes, strict=True):
            if isinstance(vector, TriptychError):
                outcomes[place] = vector.at("")
                continue
            product, plan = planned[place]
            records[place] = ProductRecord(
                product.id,
                self.writer.with_content_ids(product.record, kept[place]),
                (StoredVector(SpaceKind.FUSED, 0, vector), *vectors),
                terms=replace(product.terms, base_etag=plan.record.etag),
            )
        if records:
            known = {**spaces, **spaces_by_kind(encoded, fused)}
            outcomes |= zip(records, await self._written(catalog, known, list(records.values())), strict=True)
        return [outcomes[place] for place in range(len(planned))]

    async def _written(
        self, catalog: str, spaces: Mapping[SpaceKind, Space], records: Sequence[ProductRecord]
    ) -> list[Outcome]:
        try:
            return list(await self.index.write(catalog, spaces, records))
        except InvalidArgument as error:
            # Vectors of another pack than serves by now. What else was asked for may be written already: it is kept apart.
            return [error] * len(records)


def changed_kinds(product: NewProduct, plan: PlannedWrite) -> set[SpaceKind]:
    """Return the kinds of vectors that are made anew: of the fields that are written, less those that stay."""
    paths = set(product.terms.paths) or ENCODED_FIELDS.keys()
    return {
        kind for path, kind in ENCODED_FIELDS.items() if path in paths and path not in plan.superseded_paths
    }


def joined(
    planned: tuple[NewProduct, PlannedWrite], made: Sequence[StoredVector]
) -> list[StoredVector] | InvalidArgument:
    """Return the vectors that stay and those that were *made*, but for the fused one."""
    product, plan = planned
    gone = changed_kinds(product, plan) | {SpaceKind.FUSED}
    vectors = [*(each for each in plan.record.vectors if each.kind not in gone), *made]
    if vectors:
        return vectors
    return InvalidArgument(
        "A product needs a title, a description, a picture or a sound to be found by.",
        reason=Reason.PRODUCT_EMPTY,
    )


def is_conflict(outcome: Outcome) -> bool:
    """Return whether another has written meanwhile."""
    return isinstance(outcome, TriptychError) and outcome.reason is Reason.WRITE_CONFLICT
