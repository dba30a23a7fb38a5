"""A product with its vectors, as a message."""

from services.search.core.model import ProductRecord
from triptych.internal.v1 import search_service_pb2 as messages
from triptych.runtime import wire
from triptych.v1 import types_pb2


def record_message(record: ProductRecord) -> messages.ProductRecord:
    """Return a product with all of its vectors that are known."""
    return messages.ProductRecord(
        id=record.id,
        product=record.product,
        vectors=[
            messages.ProductVector(
                kind=types_pb2.SearchSpace.ValueType(each.kind),
                view=each.view,
                vector=wire.vector_message(each.vector.values, each.vector.space),
            )
            for each in record.vectors
        ],
        etag=record.history.etag,
    )
