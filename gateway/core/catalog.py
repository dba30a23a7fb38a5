"""The walk of a write: encode everything of every product, fuse to one vector a product, store.

One broken product never keeps the others from being stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

from gateway.core import recognise, relevance
from gateway.core.clock import Ahead
from gateway.core.model.catalog import CatalogFacts, NewProduct, ProductRecord, StoredVector
from gateway.core.model.ranking import Curve
from gateway.core.model.vectors import Encoded, Fused, PartVector
from gateway.core.model.writes import Written
from gateway.core.ports.products import ProductWriter
from gateway.core.ports.rooms import Encoder, Fuser, Index
from gateway.core.refusals import refusals
from triptych.vocabulary.choices import FusionStrategy, Modality, SpaceKind
from triptych.vocabulary.errors import InvalidArgument, NotFound, Reason, TriptychError
from triptych.vocabulary.vectors import Space

KIND_OF_MODALITY = {
    Modality.TEXT: SpaceKind.TEXT,
    Modality.IMAGE: SpaceKind.IMAGE,
    Modality.AUDIO: SpaceKind.AUDIO,
}

# What each curve can weigh, by its name.
CURVES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(relevance.KINDS, relevance.VALUES),
    **recognise.VALUES,
}


@dataclass(frozen=True)
class Catalog:
    """Keeps the products of the catalogues."""

    encoder: Encoder
    fuser: Fuser
    index: Index
    writer: ProductWriter
    ahead: Ahead

    async def upsert(
        self, catalog: str, products: Sequence[NewProduct | TriptychError]
    ) -> list[Written | TriptychError]:
        """Store *products*; return what there is of each then, or why it was refused. An error among them stays what it is.

        One whose words, pictures or sounds have newer ones in the store is refused with WRITE_CONFLICT: it is for
        `PlannedWrites`.

        The fields of errors are relative to the product: "images[0].data".

        Raises:
            Unavailable, DeadlineExceeded: a room does not answer, or not in time; writing again is harmless.
        """
        refused = refusals(products, self.ahead)
        outcomes: dict[int, Written | TriptychError] = {i: e for i, e in enumerate(refused) if e is not None}
        accepted = {i: p for i, p in enumerate(products) if isinstance(p, NewProduct) and i not in outcomes}
        if accepted:
            written = await self._store(catalog, list(accepted.values()))
            outcomes.update(zip(accepted, written, strict=True))
        return [outcomes[index] for index in range(len(products))]

    async def get(self, catalog: str, product_id: str) -> ProductRecord:
        """Return a product as it is stored, with its etag.

        Raises:
            NotFound: the catalogue or the product does not exist.
        """
        records = await self.index.read(catalog, [product_id], with_vectors=False)
        if not records:
            raise NotFound(
                f"The catalogue has no product {product_id!r}.",
                reason=Reason.PRODUCT_NOT_FOUND,
                field="id",
                metadata={"id": product_id},
            )
        return records[0]

    async def delete(self, catalog: str, ids: Sequence[str]) -> list[str]:
        """Remove products; return the ids that did not exist.

        Raises:
            NotFound: the catalogue does not exist.
        """
        return await self.index.remove(catalog, list(dict.fromkeys(ids)))

    async def facts(self, catalog: str) -> CatalogFacts:
        """Return what the catalogue is like.

        Raises:
            NotFound: the catalogue does not exist.
        """
        return await self.index.facts(catalog, fresh=True)

    async def set_calibration(self, catalog: str, curves: Mapping[str, Curve]) -> None:
        """Keep *curves* with the catalogue; none removes those that there are.

        Raises:
            InvalidArgument: a curve is for no kind of query, or weighs what is not known of a product.
            NotFound: the catalogue does not exist.
        """
        check_curves(curves)
        await self.index.set_calibration(catalog, curves)

    async def _store(self, catalog: str, products: Sequence[NewProduct]) -> list[Written | TriptychError]:
        contents = [content for product in products for content in product.contents]
        encoded = await self.encoder.encode(contents, keep_media=True)
        kept = kept_media(products, encoded)
        stored = views(products, encoded)
        whole = {i: vectors for i, vectors in enumerate(stored) if not isinstance(vectors, TriptychError)}
        outcomes: dict[int, Written | TriptychError] = {
            i: error for i, error in enumerate(stored) if isinstance(error, TriptychError)
        }
        if not whole:
            return [outcomes[i] for i in range(len(products))]

        fused = await self.fuser.fuse(FusionStrategy.LEARNED, [group(vectors) for vectors in whole.values()])
        records: dict[int, ProductRecord] = {}
        for (i, vectors), outcome in zip(whole.items(), fused.outcomes, strict=True):
            if isinstance(outcome, TriptychError):
                outcomes[i] = outcome.at("")
                continue
            product = products[i]
            vector = StoredVector(SpaceKind.FUSED, 0, outcome)
            record = self.writer.with_content_ids(product.record, kept[i])
            records[i] = ProductRecord(product.id, record, (vector, *vectors), terms=product.terms)
        if records:
            written = await self.index.write(catalog, spaces_by_kind(encoded, fused), list(records.values()))
            outcomes.update(zip(records, written, strict=True))
        return [outcomes[i] for i in range(len(products))]


def check_curves(curves: Mapping[str, Curve]) -> None:
    """Check that *curves* are for kinds of query that there are, and weigh values that there are.

    Raises:
        InvalidArgument: FIELD_INVALID.
    """
    for name, curve in curves.items():
        _check_name(name, [*CURVES], f'calibration.curves["{name}"]')
        for value in curve.weights:
            _check_name(value, CURVES[name], f'calibration.curves["{name}"].weights["{value}"]')


def _check_name(name: str, names: Sequence[str], field: str) -> None:
    if name not in names:
        raise InvalidArgument(
            f'"{name}" is none of {", ".join(names)}.',
            reason=Reason.FIELD_INVALID,
            field=field,
            metadata={"allowed": " ".join(names)},
        )


def kept_media(products: Sequence[NewProduct], encoded: Encoded) -> list[Mapping[str, str]]:
    """Return of each product the ids under which its media were kept, by field."""
    ids = iter(encoded.content_ids or repeat(""))
    found = [{content.field: next(ids) for content in product.contents} for product in products]
    return [{field: content_id for field, content_id in each.items() if content_id} for each in found]


def views(products: Sequence[NewProduct], encoded: Encoded) -> list[list[StoredVector] | TriptychError]:
    """Return each product's vectors, or the first error of any of its contents."""
    outcomes = iter(encoded.outcomes)
    found: list[list[StoredVector] | TriptychError] = []
    for product in products:
        vectors: list[StoredVector] = []
        error: TriptychError | None = None
        counts = dict.fromkeys(SpaceKind, 0)
        for content in product.contents:
            outcome = next(outcomes)
            kind = KIND_OF_MODALITY[content.modality]
            if isinstance(outcome, TriptychError):
                error = error or outcome
            else:
                vectors.append(StoredVector(kind, counts[kind], outcome))
            counts[kind] += 1
        found.append(error or vectors)
    return found


def group(vectors: Sequence[StoredVector]) -> list[PartVector]:
    """Return a product's vectors as parts of equal weight per modality.

    A product of one text and five pictures is not five sixths pictures: the weight of a modality is shared by its views.
    """
    modalities = {kind: modality for modality, kind in KIND_OF_MODALITY.items()}
    counts = {kind: sum(v.kind == kind for v in vectors) for kind in modalities}
    return [PartVector(v.vector, modalities[v.kind], 1.0 / counts[v.kind]) for v in vectors]


def spaces_by_kind(encoded: Encoded, fused: Fused) -> Mapping[SpaceKind, Space]:
    """Return the facts of the spaces by kind: the last word of a space's id says which."""
    kinds = {kind.name.lower(): kind for kind in SpaceKind}
    spaces = {space.id: space for space in (*encoded.spaces, fused.space)}
    return {kinds[space.id.rpartition("/")[2]]: space for space in spaces.values()}
