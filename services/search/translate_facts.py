"""What products can be filtered by: of one, as facts; of a whole catalogue, as its description."""

import math

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Value

from services.search.core.filters.times import of_nanos
from services.search.core.model import AttributeValue, Collection, Facts
from triptych.internal.v1 import search_service_pb2 as messages
from triptych.runtime.wire import nanoseconds
from triptych.v1 import catalog_service_pb2
from triptych.v1.types_pb2 import Product
from triptych.vocabulary.errors import InvalidArgument, Reason


def facts_of(packed: bytes) -> Facts:
    """Return the facts of the serialised triptych.v1.Product *packed*. Empty strings and lists are nothing.

    Raises:
        InvalidArgument: it is no product, or an attribute is nothing that could be compared.
    """
    try:
        product = Product.FromString(packed)
    except DecodeError:
        raise InvalidArgument(
            "The bytes are no triptych.v1.Product.", reason=Reason.MALFORMED_REQUEST, field="product"
        ) from None
    time = product.update_time
    values = ((name, _value(name, value)) for name, value in product.attributes.items())
    return Facts(
        title=product.title,
        description=product.description,
        brand=product.brand,
        category=product.category,
        price=of_nanos(product.price.units, product.price.nanos) if product.HasField("price") else None,
        in_stock=product.in_stock if product.HasField("in_stock") else None,
        popularity=product.popularity,
        update_time=of_nanos(time.seconds, time.nanos) if product.HasField("update_time") else None,
        group_id=product.group_id,
        locale=product.locale,
        attributes={name: value for name, value in values if value not in {"", ()}},
    )


def time_of(packed: bytes) -> int | None:
    """Return when the serialised product *packed* was changed, in nanoseconds since 1970; None where it does not say."""
    product = Product.FromString(packed)
    return nanoseconds(product.update_time, "update_time") if product.HasField("update_time") else None


def description_message(record: Collection) -> messages.DescribeCatalogResponse:
    """Return what the products of *record* can be filtered by, and the calibration that is kept with it."""
    described = messages.DescribeCatalogResponse(
        attributes={
            name: catalog_service_pb2.AttributeKinds(kinds=sorted(kinds))
            for name, kinds in record.attributes.items()
        }
    )
    if record.calibration:
        json_format.Parse(record.calibration, described.calibration)
    return described


def calibration_of(request: messages.SetCalibrationRequest) -> str:
    """Return the calibration of *request* as it is kept; empty where there is none."""
    if not request.HasField("calibration"):
        return ""
    return str(json_format.MessageToJson(request.calibration, indent=None))


def _value(name: str, message: Value) -> AttributeValue:
    kind = message.WhichOneof("kind")
    if kind == "string_value":
        return str(message.string_value)
    if kind == "bool_value":
        return bool(message.bool_value)
    if kind == "number_value" and math.isfinite(message.number_value):
        return float(message.number_value)
    items = message.list_value.values
    if kind == "list_value" and all(each.WhichOneof("kind") == "string_value" for each in items):
        # Each once: a list says what there is, not how often.
        return tuple(dict.fromkeys(each.string_value for each in items if each.string_value))
    raise InvalidArgument(
        "An attribute is a string, a finite number, a boolean or a list of strings.",
        reason=Reason.FIELD_INVALID,
        field=f'attributes["{name}"]',
    )
