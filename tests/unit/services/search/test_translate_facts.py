"""Packed products as facts."""

import pytest
from google.protobuf.struct_pb2 import ListValue, Struct, Value

from services.search.core.model import Facts
from services.search.translate_facts import facts_of
from triptych.v1.types_pb2 import Product
from triptych.vocabulary.errors import InvalidArgument, Reason


def strings(*items):
    return Value(list_value=ListValue(values=[Value(string_value=each) for each in items]))


def test_everything_that_can_be_filtered():
    """Each field, with money and times as the numbers that people write."""
    product = Product(
        id="a",
        title="蓝 mug",
        description="of clay",
        brand="A",
        category="mugs",
        in_stock=False,
        popularity=7,
        group_id="g",
        locale="zh",
        attributes={
            "colour": Value(string_value="red"),
            "weight": Value(number_value=0.3),
            "new": Value(bool_value=False),
            "tags": strings("a", "b", "a", ""),
        },
    )
    product.price.units, product.price.nanos = 19, 990_000_000
    product.update_time.seconds, product.update_time.nanos = 1, 500_000_000

    expected = Facts(
        title="蓝 mug",
        description="of clay",
        brand="A",
        category="mugs",
        price=19.99,
        in_stock=False,
        popularity=7,
        update_time=1.5,
        group_id="g",
        locale="zh",
        attributes={"colour": "red", "weight": 0.3, "new": False, "tags": ("a", "b")},
    )
    assert expected == facts_of(product.SerializeToString())


def test_what_is_empty_is_not_known():
    """A product of no more than an id, and one whose attributes hold nothing; a price of nothing is a price."""
    assert Facts() == facts_of(Product(id="a").SerializeToString())
    empty = Product(attributes={"text": Value(string_value=""), "list": strings(), "more": strings("", "")})
    assert Facts() == facts_of(empty.SerializeToString())
    free = Product()
    free.price.currency_code = "EUR"
    assert 0.0 == facts_of(free.SerializeToString()).price


@pytest.mark.parametrize(
    "value",
    [
        Value(),
        Value(null_value=0),
        Value(number_value=float("nan")),
        Value(number_value=float("inf")),
        Value(struct_value=Struct()),
        Value(list_value=ListValue(values=[Value(number_value=1)])),
    ],
    ids=["unset", "null", "nan", "infinite", "struct", "numbers"],
)
def test_attributes_that_cannot_be_compared_are_refused(value):
    """By name."""
    with pytest.raises(InvalidArgument, match="finite number") as caught:
        facts_of(Product(attributes={"x": value}).SerializeToString())

    assert (Reason.FIELD_INVALID, 'attributes["x"]') == (caught.value.reason, caught.value.field)


def test_bytes_that_are_no_product_are_refused():
    """Instead of being stored for somebody else to stumble over."""
    with pytest.raises(InvalidArgument, match="no triptych") as caught:
        facts_of(b"\xff\xff")

    assert (Reason.MALFORMED_REQUEST, "product") == (caught.value.reason, caught.value.field)
