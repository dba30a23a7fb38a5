"""Between the messages of a write and the core's types."""

from collections.abc import Iterable, Mapping, Sequence

from google.rpc.status_pb2 import Status

from services.search.core.model import ProductRecord, ProductVector
from services.search.core.terms import Terms
from services.search.core.writing import Decided, Decision, Written
from services.search.translate_facts import facts_of, time_of
from services.search.translate_records import record_message
from triptych.internal.v1 import search_service_pb2 as messages
from triptych.runtime import wire
from triptych.runtime.errors import to_status
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import SpaceKind, WriteMode
from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError
from triptych.vocabulary.vectors import Space

ATTRIBUTE = "attributes."


def record_of(message: messages.ProductRecord) -> ProductRecord | TriptychError:
    """Return the product, or why it cannot be read: one broken product does not stop the others."""
    try:
        vectors = vectors_of(message.vectors)
        facts = facts_of(message.product)
        terms = _terms(message)
    except InvalidArgument as error:
        return error
    return ProductRecord(message.id, message.product, vectors, facts, terms)


def vectors_of(vectors: Sequence[messages.ProductVector]) -> tuple[ProductVector, ...]:
    """Return the vectors of a product.

    Raises:
        InvalidArgument: one cannot be read.
    """
    return tuple(
        ProductVector(
            SpaceKind(each.kind), each.view, wire.vector_of(each.vector, f"vectors[{position}].vector")
        )
        for position, each in enumerate(vectors)
    )


def write_message(outcomes: Sequence[Written | TriptychError]) -> messages.WriteProductsResponse:
    """Return what became of each product."""
    return messages.WriteProductsResponse(
        outcomes=[to_status(each) if isinstance(each, TriptychError) else Status() for each in outcomes],
        written=[_written(each) if isinstance(each, Written) else messages.Written() for each in outcomes],
    )


def plans_message(
    decisions: Iterable[Decision], etags: Mapping[str, str], spaces: Mapping[SpaceKind, Space]
) -> messages.PlanWritesResponse:
    """Return what would become of each product, with the etags of those that there are."""
    return messages.PlanWritesResponse(
        plans=[_plan(each, etags) for each in decisions],
        spaces=[
            messages.SpaceOfKind(kind=types_pb2.SearchSpace.ValueType(kind), space=wire.space_message(space))
            for kind, space in spaces.items()
        ],
    )


def _terms(message: messages.ProductRecord) -> Terms:
    """Return how a product is to be written.

    Raises:
        InvalidArgument: a path is no field of a product, or its time is none.
    """
    terms = message.terms
    for place, path in enumerate(terms.paths):
        if path not in types_pb2.Product.DESCRIPTOR.fields_by_name and not path.startswith(ATTRIBUTE):
            raise InvalidArgument(
                f'"{path}" is no field of a product.',
                reason=Reason.FIELD_INVALID,
                field=f"terms.paths[{place}]",
            )
    return Terms(
        paths=tuple(terms.paths),
        mode=WriteMode(terms.mode or WriteMode.UPSERT),
        etag=terms.etag,
        base_etag=terms.base_etag,
        request=terms.request,
        time=time_of(message.product),
        overrides=terms.overrides,
    )


def _written(written: Written) -> messages.Written:
    return messages.Written(
        etag=written.etag, superseded=written.superseded, superseded_paths=written.superseded_paths
    )


def _plan(decision: Decision, etags: Mapping[str, str]) -> messages.PlannedWrite:
    match decision:
        case Decided(record, superseded_paths):
            message = record_message(record)
            message.etag = etags.get(record.id, "")
            return messages.PlannedWrite(record=message, superseded_paths=superseded_paths)
        case Written():
            return messages.PlannedWrite(written=_written(decision))
        case _:
            return messages.PlannedWrite(error=to_status(decision))
