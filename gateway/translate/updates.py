"""Writes on terms: what is asked, and what became of it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from google.protobuf.message import Message

from gateway.core.model.catalog import NewProduct, ProductUpdate
from gateway.core.model.writes import Written
from gateway.translate.products import new_product
from triptych.runtime.errors import to_status
from triptych.runtime.validation import validate
from triptych.v1 import catalog_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import WriteMode
from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError

# What a write names beside the product's own fields.
_OTHERS = frozenset({"id", "update_time", "etag"})
FIELDS = tuple(name for name in types_pb2.Product.DESCRIPTOR.fields_by_name if name not in _OTHERS)
ATTRIBUTE = "attributes."
ATTRIBUTE_CHARACTERS_MAX = 64
PATHS_MAX = 128


def upserts(request: pb.UpsertProductsRequest) -> list[NewProduct | TriptychError]:
    """Return the products of a request; an error for each that breaks the schema's rules."""
    mode = WriteMode(request.mode or WriteMode.UPSERT)
    sent = [checked(product) for product in request.products]
    return [
        each
        if isinstance(each, TriptychError)
        else replace(each, terms=replace(each.terms, mode=mode, request=token(request.request_id, message)))
        for each, message in zip(sent, request.products, strict=True)
    ]


def checked(product: types_pb2.Product) -> NewProduct | TriptychError:
    """Return a product to store, or why it breaks the schema's rules."""
    try:
        validate(product)
        return new_product(product)
    except TriptychError as error:
        return error


def update(message: pb.ProductUpdate, request_id: str) -> ProductUpdate:
    """Return an update.

    Raises:
        InvalidArgument: the field is that of the update: "product.title", "update_mask.paths[0]".
    """
    product = checked(message.product)
    if isinstance(product, TriptychError):
        raise product.under("product")
    terms = replace(product.terms, paths=paths(message), request=token(request_id, message))
    return ProductUpdate(replace(product, terms=terms), message.allow_missing)


def updates(request: pb.UpdateProductsRequest) -> list[ProductUpdate | TriptychError]:
    """Return the updates of a request; an error for each that makes no sense."""
    found: list[ProductUpdate | TriptychError] = []
    for message in request.updates:
        try:
            found.append(update(message, request.request_id))
        except TriptychError as error:
            found.append(error)
    return found


def one(request: pb.UpdateProductRequest) -> ProductUpdate:
    """Return the update of a request of one; raises as `update` does."""
    return update(
        pb.ProductUpdate(
            product=request.product, update_mask=request.update_mask, allow_missing=request.allow_missing
        ),
        request.request_id,
    )


def paths(message: pb.ProductUpdate) -> tuple[str, ...]:
    """Return the fields that are set: those that the mask names, or else those that the product has.

    Raises:
        InvalidArgument: the mask names another, too many, or there are none.
    """
    named = list(dict.fromkeys(message.update_mask.paths)) or _present(message.product)
    for place, path in enumerate(message.update_mask.paths):
        if path not in FIELDS and not _is_attribute(path):
            raise InvalidArgument(
                f'"{path}" cannot be set: {", ".join(FIELDS)} and single attributes, such as "attributes.colour", can.',
                reason=Reason.FIELD_INVALID,
                field=f"update_mask.paths[{place}]",
                metadata={"allowed": " ".join(FIELDS)},
            )
    if not 0 < len(named) <= PATHS_MAX:
        raise InvalidArgument(
            f"An update sets 1 to {PATHS_MAX} fields; this one {len(named)}.",
            reason=Reason.FIELD_INVALID,
            field="update_mask",
            metadata={"paths_max": str(PATHS_MAX)},
        )
    return tuple(named)


def token(request_id: str, message: Message) -> str:
    """Return by what a retry of *message* is known; "" without an id.

    It is of the content too: an id that is used again for something else, by mistake, is no retry, and nothing is lost.
    """
    if not request_id:
        return ""
    content = message.SerializeToString(deterministic=True)
    return hashlib.sha256(request_id.encode() + b"\0" + content).hexdigest()[:32]


def upsert_results(
    ids: Iterable[str], outcomes: Sequence[Written | TriptychError], prefix: str
) -> list[pb.UpsertProductResult]:
    """Return what became of products; the fields of their errors stand below "prefix[place]"."""
    return [
        result(product_id, each.under(f"{prefix}[{place}]") if isinstance(each, TriptychError) else each)
        for place, (product_id, each) in enumerate(zip(ids, outcomes, strict=True))
    ]


def below(
    field: str, sent: Sequence[ProductUpdate | TriptychError], outcomes: Iterable[Written | TriptychError]
) -> list[Written | TriptychError]:
    """Return *outcomes* with their fields below *field*, but for those that were errors already when they were *sent*."""
    return [
        each.under(field)
        if isinstance(each, TriptychError) and not isinstance(update, TriptychError)
        else each
        for update, each in zip(sent, outcomes, strict=True)
    ]


def result(product_id: str, outcome: Written | TriptychError) -> pb.UpsertProductResult:
    """Return what became of a product."""
    if isinstance(outcome, TriptychError):
        return pb.UpsertProductResult(id=product_id, error=to_status(outcome))
    return pb.UpsertProductResult(
        id=product_id,
        etag=outcome.etag,
        superseded=outcome.superseded,
        superseded_paths=outcome.superseded_paths,
    )


def _present(product: types_pb2.Product) -> list[str]:
    return [field.name for field, _ in product.ListFields() if field.name not in _OTHERS]


def _is_attribute(path: str) -> bool:
    name = path.removeprefix(ATTRIBUTE)
    return path.startswith(ATTRIBUTE) and 0 < len(name) <= ATTRIBUTE_CHARACTERS_MAX
