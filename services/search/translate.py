"""Between the messages of search_service.proto and the core's types."""

from collections.abc import Sequence

from services.search.core.model import Collection, Row
from triptych.internal.v1 import search_service_pb2 as messages
from triptych.runtime import wire
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.vectors import Space


def spaces_of(messages_: Sequence[messages.SpaceOfKind], field: str = "spaces") -> dict[SpaceKind, Space]:
    """Return the spaces of a request, by kind.

    Raises:
        InvalidArgument: one kind stands twice.
    """
    spaces: dict[SpaceKind, Space] = {}
    for position, each in enumerate(messages_):
        kind = SpaceKind(each.kind)
        if kind in spaces:
            raise InvalidArgument(
                f"The space of {kind.name} vectors is named twice.",
                reason=Reason.FIELD_INVALID,
                field=f"{field}[{position}].kind",
            )
        spaces[kind] = wire.space_of(each.space)
    return spaces


def read_message(rows: Sequence[Row], record: Collection) -> messages.ReadProductsResponse:
    """Return the *rows* of the collection *record* as products."""
    return messages.ReadProductsResponse(products=[_record_message(row, record) for row in rows])


def _record_message(row: Row, record: Collection) -> messages.ProductRecord:
    vectors = []
    if row.values is not None:
        vector = wire.vector_message(row.values, record.space.id)
        vectors = [messages.ProductVector(kind=types_pb2.SEARCH_SPACE_FUSED, vector=vector)]
    return messages.ProductRecord(
        id=row.key.product_id, product=row.product, vectors=vectors, etag=row.history.etag
    )
