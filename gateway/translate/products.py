"""Products: to be stored, and as they were stored."""

from collections.abc import Callable, Mapping

from google.protobuf.struct_pb2 import Value

from gateway.core.model.catalog import NewProduct
from gateway.core.model.query import Content, Media
from gateway.core.model.writes import Terms
from gateway.translate.media import media, stored_media
from triptych.runtime.wire import nanoseconds
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import InvalidArgument, Reason

# The rest of a product's facts are for the shop; these are the words that describe it.
TEXT_SEPARATOR = ". "


def new_product(message: types_pb2.Product) -> NewProduct:
    """Return a product to store. Its record keeps addresses but no media bytes, and no content ids of the client's.

    Raises:
        InvalidArgument: an attribute is neither a string, a number, a boolean nor a list of strings; or the time is none.
    """
    for key, value in message.attributes.items():
        check_attribute(key, value)
    record = types_pb2.Product()
    record.CopyFrom(message)
    record.ClearField("etag")
    for item in (*record.images, *record.audio):
        item.ClearField("data")
        item.ClearField("content_id")
    time = nanoseconds(message.update_time, "update_time") if message.HasField("update_time") else None
    terms = Terms(etag=message.etag, time=time)
    return NewProduct(message.id, record.SerializeToString(deterministic=True), contents(message), terms)


def contents(
    message: types_pb2.Product, media_of: Callable[[types_pb2.Media], Media] = media
) -> tuple[Content, ...]:
    """Return what of a product can be encoded: its words, its pictures, its sounds."""
    text = TEXT_SEPARATOR.join(words for words in (message.title, message.description) if words.strip())
    field = "title" if message.title.strip() else "description"
    words = (Content(Modality.TEXT, field, text=text),) if text else ()
    images = (
        Content(Modality.IMAGE, f"images[{i}]", media=media_of(item)) for i, item in enumerate(message.images)
    )
    sounds = (
        Content(Modality.AUDIO, f"audio[{i}]", media=media_of(item)) for i, item in enumerate(message.audio)
    )
    return (*words, *images, *sounds)


def with_content_ids(record: bytes, ids: Mapping[str, str]) -> bytes:
    """Return a record with the ids under which its media were kept, by field ("images[0]")."""
    message = types_pb2.Product.FromString(record)
    for name, items in (("images", message.images), ("audio", message.audio)):
        for place, item in enumerate(items):
            item.content_id = ids.get(f"{name}[{place}]", "")
    return message.SerializeToString(deterministic=True)


def stored_contents(record: bytes) -> tuple[Content, ...]:
    """Return what of a stored product can be encoded again: kept media by their ids, others by their addresses."""
    return contents(types_pb2.Product.FromString(record), stored_media)


def check_attribute(key: str, value: Value) -> None:
    """Refuse an attribute that a filter could not compare."""
    kind = value.WhichOneof("kind")
    strings = kind == "list_value" and all(
        item.WhichOneof("kind") == "string_value" for item in value.list_value.values
    )
    if kind not in {"string_value", "number_value", "bool_value"} and not strings:
        raise InvalidArgument(
            "An attribute is a string, a number, a boolean or a list of strings.",
            reason=Reason.FIELD_INVALID,
            field=f'attributes["{key}"]',
        )


def is_by_filter(request: catalog_pb.DeleteProductsRequest) -> bool:
    """Return whether products are to be removed by a filter, not by ids.

    Raises:
        InvalidArgument: both are given, or neither.
    """
    if bool(request.ids) == bool(request.filter):
        raise InvalidArgument(
            "Either ids or a filter is required, not both.", reason=Reason.FIELD_INVALID, field="ids"
        )
    return bool(request.filter)


def product(record: bytes, etag: str = "") -> types_pb2.Product:
    """Return a product as it was stored, with its *etag* where it is known."""
    message = types_pb2.Product.FromString(record)
    message.etag = etag
    return message
