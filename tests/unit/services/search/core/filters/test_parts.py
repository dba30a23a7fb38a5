"""Taking filters apart."""

import pytest

from services.search.core.filters.model import And, Field
from services.search.core.filters.parse import parse
from services.search.core.filters.parts import fields_of, joined, without


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("brand = A", ""),
        ("NOT brand = A", ""),
        ("brand = A OR brand = B", ""),
        ("price < 5", "price < 5"),
        ("brand = A AND price < 5", "price < 5"),
        ("brand != A AND price < 5 AND price > 1", "price < 5 AND price > 1"),
        ("(brand = A OR brand:B) AND NOT (brand:* AND brand = C)", ""),
        ("(brand = A AND price < 5) AND (price > 1 AND brand:*)", "price < 5 AND price > 1"),
        ("brand = A OR price < 5", "brand = A OR price < 5"),
        ("NOT (brand = A AND price < 5)", "NOT (brand = A AND price < 5)"),
        ("attributes.brand = A AND brand = A", "attributes.brand = A"),
    ],
)
def test_without_the_conditions_on_a_field(text, expected):
    """What is joined by AND and looks at nothing but the field goes; what looks at others too stays."""
    attributes = {"brand": ["string"]}

    assert parse(expected, attributes) == without(parse(text, attributes), Field("brand"))


def test_joined():
    """All hold; nothing holds always."""
    one, other = parse("brand = A", {}), parse("price < 5", {})

    assert None is joined(None, None)
    assert one == joined(None, one)
    assert And((one, other)) == joined(one, None, other)


def test_fields():
    """Every field that is looked at, wherever it stands."""
    tree = parse("brand = A AND NOT (attributes.x < 1 OR price:*)", {"x": ["number"]})

    assert {Field("brand"), Field("price"), Field("x", is_attribute=True)} == fields_of(tree)
