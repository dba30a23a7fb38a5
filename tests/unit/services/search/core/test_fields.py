"""Fields by their names, and orders by fields."""

import pytest

from services.search.core.fields import countable, is_number, orderable
from services.search.core.filters.model import Field
from services.search.core.ordering import Ordering, parse_order
from triptych.vocabulary.errors import InvalidArgument, Reason

ATTRIBUTES = {
    "colour": frozenset({"string"}),
    "size": frozenset({"number", "string"}),
    'any "name" \\': frozenset({"number"}),
    "trending desc": frozenset({"number"}),
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("brand", Field("brand")),
        ("price", Field("price")),
        ("attributes.colour", Field("colour", is_attribute=True)),
        ('attributes."colour"', Field("colour", is_attribute=True)),
        ('attributes.any "name" \\', Field('any "name" \\', is_attribute=True)),
        ('attributes."any \\"name\\" \\\\"', Field('any "name" \\', is_attribute=True)),
    ],
)
def test_a_field_is_named_as_in_filters(name, expected):
    """Fields by their own name, attributes by a prefix, with or without quotes."""
    assert expected == countable(name, ATTRIBUTES, "facets[0].field")


@pytest.mark.parametrize(
    "name", ["", "colour", "id", "update_time", "title", "attributes.", "attributes.x", "Brand"]
)
def test_an_unknown_field_is_refused_with_those_that_there_are(name):
    """The message lists what can be counted by."""
    with pytest.raises(InvalidArgument) as caught:
        countable(name, ATTRIBUTES, "facets[3].field")

    assert (Reason.FIELD_INVALID, "facets[3].field") == (caught.value.reason, caught.value.field)
    assert "brand, category, group_id" in caught.value.message
    assert "attributes.colour" in caught.value.message


def test_a_long_list_of_fields_is_cut():
    """A catalogue of 500 attributes does not make a message of 500 names."""
    many = {f"a{n:03}": frozenset({"number"}) for n in range(500)}

    with pytest.raises(InvalidArgument) as caught:
        countable("x", many, "field")

    assert caught.value.message.endswith("attributes.a012 and 487 more.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("  ", None),
        ("price", Ordering(Field("price"), descending=False)),
        ("price asc", Ordering(Field("price"), descending=False)),
        ("  popularity   desc ", Ordering(Field("popularity"), descending=True)),
        ("update_time desc", Ordering(Field("update_time"), descending=True)),
        ("attributes.size desc", Ordering(Field("size", is_attribute=True), descending=True)),
        ('attributes."trending desc"', Ordering(Field("trending desc", is_attribute=True), descending=False)),
    ],
)
def test_an_order_is_a_field_and_a_direction(text, expected):
    """As AIP-132 has it; ascending unless it says otherwise."""
    assert expected == parse_order(text, ATTRIBUTES)


@pytest.mark.parametrize(
    "text",
    ["brand", "attributes.colour", "desc", "price down", "price, popularity", "price DESC", "attributes.x"],
)
def test_an_order_by_what_has_none_is_refused(text):
    """Only numbers and times have an order."""
    with pytest.raises(InvalidArgument) as caught:
        parse_order(text, ATTRIBUTES)

    assert (Reason.FIELD_INVALID, "order_by") == (caught.value.reason, caught.value.field)
    assert "there are popularity, price, update_time, " in caught.value.message
    assert "colour" not in caught.value.message.partition("there are")[2]


def test_which_fields_hold_numbers():
    """Intervals are of these alone."""
    numbers = ["price", "popularity", "attributes.size"]

    for name in ("price", "popularity", "brand", "in_stock", "attributes.size", "attributes.colour"):
        assert (name in numbers) == is_number(countable(name, ATTRIBUTES, ""), ATTRIBUTES)
    assert Field("price") == orderable("price", {}, "order_by")
