"""Which fields of products are returned."""

from collections.abc import Iterable

from google.protobuf.field_mask_pb2 import FieldMask

from triptych.v1 import types_pb2
from triptych.vocabulary.errors import InvalidArgument, Reason


def paths(mask: FieldMask) -> tuple[str, ...]:
    """Return the paths of products that are asked for; none for all.

    Raises:
        InvalidArgument: a product has no such field.
    """
    for path in mask.paths:
        if not FieldMask(paths=[path]).IsValidForDescriptor(types_pb2.Product.DESCRIPTOR):
            known = ", ".join(field.name for field in types_pb2.Product.DESCRIPTOR.fields)
            raise InvalidArgument(
                f"A product has no field {path!r}; it has {known}.",
                reason=Reason.FIELD_INVALID,
                field="read_mask",
                metadata={"path": path},
            )
    return tuple(mask.paths)


def masked(record: types_pb2.Product, fields: Iterable[str]) -> types_pb2.Product:
    """Return of a product what was asked for."""
    mask = FieldMask(paths=fields)
    if not mask.paths:
        return record
    kept = types_pb2.Product()
    mask.MergeMessage(record, kept)
    return kept
