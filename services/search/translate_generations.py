"""protobuf ↔ core types of GenerationService, pure functions."""

import contextlib

from services.search.core.backfilling import Page
from services.search.core.beside import Beside
from services.search.core.model import Collection
from services.search.core.upgrading import Described
from services.search.translate import spaces_of
from services.search.translate_writes import vectors_of
from triptych.internal.v1 import generation_service_pb2 as messages
from triptych.internal.v1.search_service_pb2 import ProductRecord, WriteProductsRequest
from triptych.vocabulary.errors import InvalidArgument


def beside_of(request: WriteProductsRequest) -> Beside | None:
    """Return the vectors of another pack that the request brings; those that cannot be read are left out.

    Raises:
        InvalidArgument: one kind of space stands twice.
    """
    if not request.HasField("beside"):
        return None
    vectors = {}
    for each in request.beside.products:
        with contextlib.suppress(InvalidArgument):
            vectors[each.id] = vectors_of(each.vectors)
    return Beside(spaces_of(request.beside.spaces, "beside.spaces"), vectors)


def generation_message(record: Collection, product_count: int = 0) -> messages.Generation:
    """Return the generation of the FUSED collection *record*."""
    return messages.Generation(name=record.generation, pack=record.space.pack, product_count=product_count)


def described_message(described: Described) -> messages.DescribeGenerationsResponse:
    """Return the generations of a catalogue."""
    serving, beside = described.counts
    return messages.DescribeGenerationsResponse(
        serving=generation_message(described.serving, serving),
        other=generation_message(described.other, beside) if described.other else None,
        record=described.record,
    )


def missing_message(page: Page) -> messages.ListMissingResponse:
    """Return a page of products that are missing."""
    return messages.ListMissingResponse(
        products=[ProductRecord(id=row.key.product_id, product=row.product) for row in page.rows],
        seen_count=page.seen,
        last_id=page.last_id,
    )
