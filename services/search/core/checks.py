"""What a query and a record must be like to fit their catalogue."""

from collections.abc import Mapping, Sequence

import numpy as np

from services.search.core.attributes import VALUES_MAX
from services.search.core.model import VIEW_KINDS, Collection, ProductRecord, ProductVector
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import InvalidArgument, NotFound, Reason, TriptychError
from triptych.vocabulary.vectors import Space, Vector, pack_of

# A product is kept as base64 in a text field of at most 65,535 bytes beside its vector.
PRODUCT_BYTES_MAX = 48_000

# Half-precision encoders miss length 1 by 0.001; anything beyond this was never scaled.
UNIT_LENGTH_TOLERANCE = 0.01

Spaces = Mapping[SpaceKind, Space]


def catalog_not_found(catalog: str) -> NotFound:
    """Return the error for a *catalog* that does not exist."""
    return NotFound(
        f'There is no catalogue "{catalog}".',
        reason=Reason.CATALOG_NOT_FOUND,
        field="catalog",
        metadata={"catalog": catalog},
    )


def check_fits(vector: Vector, space: Space, field: str) -> None:
    """Check that *vector* can be compared with vectors of *space*.

    Raises:
        InvalidArgument: it comes from another pack (SPACE_MISMATCH) or has another dimension (DIMENSION_MISMATCH).
    """
    if pack_of(vector.space) != space.pack:
        raise space_mismatch(vector.space, space, f"{field}.space")
    if vector.values.shape[0] != space.dimension:
        raise InvalidArgument(
            f"The vector has {vector.values.shape[0]} numbers; {space.dimension} are expected.",
            reason=Reason.DIMENSION_MISMATCH,
            field=f"{field}.dimension",
            metadata={"dimension": str(vector.values.shape[0]), "expected": str(space.dimension)},
        )


def space_mismatch(given: str, expected: Space, field: str) -> InvalidArgument:
    """Return the error for vectors of space *given* where those of *expected*'s pack are at home."""
    return InvalidArgument(
        f'Vectors of "{given}" cannot be compared with those of "{expected.id}".',
        reason=Reason.SPACE_MISMATCH,
        field=field,
        metadata={"space": given, "expected": expected.id},
    )


def check_declared(collection: Collection, space: Space, field: str) -> None:
    """Check that vectors of *space* are at home in *collection*.

    Raises:
        InvalidArgument: another space (SPACE_MISMATCH), or the same with other facts (DIMENSION_MISMATCH,
            SIMILARITY_NOT_INDEXED).
    """
    kept = collection.space
    if space.id != kept.id:
        raise space_mismatch(space.id, kept, f"{field}.id")
    if space.dimension != kept.dimension:
        raise InvalidArgument(
            f'"{kept.id}" has {kept.dimension} dimensions in this catalogue, not {space.dimension}.',
            reason=Reason.DIMENSION_MISMATCH,
            field=f"{field}.dimension",
            metadata={"dimension": str(space.dimension), "expected": str(kept.dimension)},
        )
    if space != kept:
        raise InvalidArgument(
            f'"{kept.id}" is indexed by {kept.metric.name}, '
            f"{'length 1' if kept.unit_length else 'any length'}, in this catalogue.",
            reason=Reason.SIMILARITY_NOT_INDEXED,
            field=f"{field}.metric",
            metadata={"indexed": kept.metric.name},
        )


def check_spaces(spaces: Spaces, collections: Mapping[SpaceKind, Collection]) -> None:
    """Check that vectors of *spaces* are at home in *collections*, as far as these are there.

    Raises:
        InvalidArgument: as `check_declared`.
    """
    for position, (kind, space) in enumerate(spaces.items()):
        # A kind that is not there yet is made for the pack of the records.
        home = collections.get(kind) or collections.get(SpaceKind.FUSED)
        if home is not None and kind is not home.kind and space.pack != home.space.pack:
            raise space_mismatch(space.id, home.space, f"spaces[{position}].space.id")
        if home is not None and kind is home.kind:
            check_declared(home, space, f"spaces[{position}].space")


def checked(record: ProductRecord, spaces: Spaces) -> ProductRecord | TriptychError:
    """Return *record*, or why `check_record` refuses it."""
    try:
        check_record(record, spaces)
    except TriptychError as error:
        return error
    return record


def check_record(record: ProductRecord, spaces: Spaces) -> None:
    """Check one product on its own; a write of some fields needs no vectors.

    Raises:
        InvalidArgument: the product is too large, has too many values to filter by, or its vectors are not what their spaces say.
    """
    check_size(record)
    if record.terms.paths and not record.vectors:
        return
    _check_counts(record.vectors)
    for position, each in enumerate(record.vectors):
        _check_vector(each, spaces, f"vectors[{position}]")


def check_size(record: ProductRecord) -> None:
    """Check that a product can be kept.

    Raises:
        InvalidArgument: it is too large (PRODUCT_TOO_LARGE), or has too many values to filter by.
    """
    if len(record.product) > PRODUCT_BYTES_MAX:
        raise InvalidArgument(
            f"The product takes {len(record.product)} bytes; at most {PRODUCT_BYTES_MAX} are kept.",
            reason=Reason.PRODUCT_TOO_LARGE,
            field="product",
            metadata={"bytes": str(len(record.product)), "bytes_max": str(PRODUCT_BYTES_MAX)},
        )
    values = sum(len(each) for each in record.facts.attributes.values() if isinstance(each, tuple))
    if values > VALUES_MAX:
        raise InvalidArgument(
            f"The lists of the product's attributes have {values} values; at most {VALUES_MAX} can be filtered.",
            reason=Reason.FIELD_INVALID,
            field="attributes",
            metadata={"values": str(values), "values_max": str(VALUES_MAX)},
        )


def _check_counts(vectors: Sequence[ProductVector]) -> None:
    places = [(each.kind, each.view) for each in vectors]
    if len(set(places)) < len(places):
        raise InvalidArgument(
            "Two vectors of one product have the same kind and view.",
            reason=Reason.FIELD_INVALID,
            field="vectors",
        )
    if (SpaceKind.FUSED, 0) not in places:
        raise InvalidArgument(
            "A product needs exactly one FUSED vector.", reason=Reason.VECTORS_MISSING, field="vectors"
        )


def _check_vector(each: ProductVector, spaces: Spaces, field: str) -> None:
    if each.kind not in VIEW_KINDS and each.view != 0:
        raise InvalidArgument(
            f"{each.kind.name} vectors have no views.", reason=Reason.FIELD_INVALID, field=f"{field}.view"
        )
    space = spaces.get(each.kind)
    if space is None:
        raise InvalidArgument(
            f"The request says nothing of the space of {each.kind.name} vectors.",
            reason=Reason.SPACE_MISMATCH,
            field=f"{field}.kind",
        )
    check_fits(each.vector, space, f"{field}.vector")
    length = float(np.linalg.norm(each.vector.values))
    if space.unit_length and abs(length - 1.0) > UNIT_LENGTH_TOLERANCE:
        raise InvalidArgument(
            f'Vectors of "{space.id}" have length 1; this one has {length:.4g}.',
            reason=Reason.VECTOR_INVALID,
            field=f"{field}.vector.data",
        )


def check_distinct(records: Sequence[ProductRecord | TriptychError]) -> None:
    """Check that no product is named twice in one request; those that could not be read have no name.

    Raises:
        InvalidArgument: one is (DUPLICATE_ID); which of the two would win is nobody's guess.
    """
    seen: set[str] = set()
    for position, record in enumerate(records):
        if isinstance(record, TriptychError):
            continue
        if record.id in seen:
            raise InvalidArgument(
                f'The id "{record.id}" stands twice in the request.',
                reason=Reason.DUPLICATE_ID,
                field=f"products[{position}].id",
                metadata={"id": record.id},
            )
        seen.add(record.id)
