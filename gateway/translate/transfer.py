"""Products with their vectors, as the client sees them."""

from collections.abc import Sequence

from gateway.core.model.catalog import ProductRecord, StoredVector
from gateway.core.transfer import Exported
from triptych.runtime import wire
from triptych.runtime.errors import to_status
from triptych.runtime.validation import validate
from triptych.v1 import maintenance_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError
from triptych.vocabulary.vectors import Space

EXPORTED_DEFAULT, EXPORTED_MAX = 100, 500


def export_response(page: Exported) -> pb.ExportProductsResponse:
    """Return a page of products."""
    return pb.ExportProductsResponse(
        products=[encoded_message(each) for each in page.records],
        spaces=[space_message(kind, space) for kind, space in page.spaces.items()],
        next_page_token=page.next_token,
    )


def encoded_message(record: ProductRecord) -> pb.EncodedProduct:
    """Return a product with its vectors."""
    return pb.EncodedProduct(
        product=types_pb2.Product.FromString(record.record),
        vectors=[
            pb.EncodedVector(
                space=types_pb2.SearchSpace.ValueType(each.kind),
                view=each.view,
                vector=wire.vector_message(each.vector.values, each.vector.space),
            )
            for each in record.vectors
        ],
    )


def space_message(kind: SpaceKind, space: Space) -> pb.VectorSpace:
    """Return the facts of a space."""
    return pb.VectorSpace(
        space=types_pb2.SearchSpace.ValueType(kind),
        id=space.id,
        dimension=space.dimension,
        metric=types_pb2.SimilarityMetric.ValueType(space.metric),
        unit_length=space.unit_length,
    )


def spaces_of(request: pb.ImportProductsRequest) -> dict[SpaceKind, Space]:
    """Return the spaces of a request, by kind.

    Raises:
        InvalidArgument: one is named twice, or FUSED is missing.
    """
    spaces: dict[SpaceKind, Space] = {}
    for place, each in enumerate(request.spaces):
        kind = SpaceKind(each.space)
        if kind in spaces:
            raise InvalidArgument(
                f"The space of {kind.name} vectors is named twice.",
                reason=Reason.FIELD_INVALID,
                field=f"spaces[{place}].space",
            )
        spaces[kind] = Space(each.id, each.dimension, SimilarityMetric(each.metric), each.unit_length)
    if SpaceKind.FUSED not in spaces:
        raise InvalidArgument(
            "The space of FUSED vectors is missing.", reason=Reason.VECTORS_MISSING, field="spaces"
        )
    return spaces


def record_of(message: pb.EncodedProduct) -> ProductRecord | TriptychError:
    """Return a product to store, or why it breaks the schema's rules."""
    try:
        validate(message)
        check_product(message.product)
        vectors = tuple(
            StoredVector(
                SpaceKind(each.space), each.view, wire.vector_of(each.vector, f"vectors[{place}].vector")
            )
            for place, each in enumerate(message.vectors)
        )
    except TriptychError as error:
        return error
    kept = types_pb2.Product()
    kept.CopyFrom(message.product)
    kept.ClearField("etag")
    for item in (*kept.images, *kept.audio):
        item.ClearField("data")
    return ProductRecord(kept.id, kept.SerializeToString(deterministic=True), vectors)


def check_product(product: types_pb2.Product) -> None:
    """Check a product but for its media: what was stored has lost their bytes.

    Raises:
        InvalidArgument: it breaks the schema's rules.
    """
    words = types_pb2.Product()
    words.CopyFrom(product)
    words.ClearField("images")
    words.ClearField("audio")
    try:
        validate(words)
    except TriptychError as error:
        raise error.under("product") from error


def import_response(outcomes: Sequence[TriptychError | None]) -> pb.ImportProductsResponse:
    """Return what became of the products."""
    response = pb.ImportProductsResponse()
    for place, error in enumerate(outcomes):
        outcome = response.outcomes.add()
        if error is not None:
            outcome.CopyFrom(to_status(error.under(f"products[{place}]")))
    return response
