"""The text of a filter: what it means, and each way to be wrong."""

import pytest

from services.search.core.filters.model import And, Compare, Field, Has, Not, OneOf, Or, Order
from services.search.core.filters.parse import parse
from triptych.vocabulary.errors import InvalidArgument, Reason

ATTRIBUTES = {
    "colour": ["string"],
    "tags": ["strings"],
    "weight": ["number"],
    "new": ["boolean"],
    "mixed": ["number", "string"],
    "any name": ["string"],
}
BRAND, PRICE, COLOUR = Field("brand"), Field("price"), Field("colour", is_attribute=True)
A, B = OneOf(BRAND, ("A",)), OneOf(BRAND, ("B",))
CHEAP = Compare(PRICE, Order.BELOW, 50.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('brand = "A"', A),
        ("brand = 'A'", A),
        ("brand=A", A),
        ('brand:"A"', A),
        ('brand : ("A", B)', OneOf(BRAND, ("A", "B"))),
        ('brand != "A"', Not(A)),
        ("NOT brand = A", Not(A)),
        ("NOT NOT brand = A", Not(Not(A))),
        ("brand:*", Has(BRAND)),
        ('brand:"*"', OneOf(BRAND, ("*",))),
        ("brand = 501", OneOf(BRAND, ("501",))),
        ("brand = true", OneOf(BRAND, ("true",))),
        ("brand = ANDROID", OneOf(BRAND, ("ANDROID",))),
        ("brand = R&B-#1", OneOf(BRAND, ("R&B-#1",))),
        (r'brand = "a\"b\\\'\n\t"', OneOf(BRAND, ("a\"b\\'\n\t",))),
        ("price < 50", CHEAP),
        ("price <= -0.5", Compare(PRICE, Order.AT_MOST, -0.5)),
        ("price > 1e3", Compare(PRICE, Order.ABOVE, 1000.0)),
        ("price >= 2", Compare(PRICE, Order.AT_LEAST, 2.0)),
        ("price = 19.99", OneOf(PRICE, (19.99,))),
        ("in_stock = true", OneOf(Field("in_stock"), (True,))),
        ("NOT in_stock = false", Not(OneOf(Field("in_stock"), (False,)))),
        ('update_time > "1970-01-01T01:00:00.5+01:00"', Compare(Field("update_time"), Order.ABOVE, 0.5)),
        ('update_time < "1970-01-02"', Compare(Field("update_time"), Order.BELOW, 86_400.0)),
        ("update_time = 1970-01-01", OneOf(Field("update_time"), (0.0,))),
        ('attributes.colour : ("red","blue")', OneOf(COLOUR, ("red", "blue"))),
        ('attributes."colour" = red', OneOf(COLOUR, ("red",))),
        ("attributes.'any name' = x", OneOf(Field("any name", is_attribute=True), ("x",))),
        ("attributes.tags = new", OneOf(Field("tags", is_attribute=True), ("new",))),
        ("attributes.weight < 2", Compare(Field("weight", is_attribute=True), Order.BELOW, 2.0)),
        ("attributes.mixed = 5", OneOf(Field("mixed", is_attribute=True), (5.0,))),
        ('attributes.mixed = "5"', OneOf(Field("mixed", is_attribute=True), ("5",))),
        ("brand = A AND price < 50 AND brand = B", And((A, CHEAP, B))),
        ("brand = A OR price < 50", Or((A, CHEAP))),
        ("brand = A AND (brand = B OR NOT price < 50)", And((A, Or((B, Not(CHEAP)))))),
        ("(((brand = A)))", A),
        ("\n brand\t=\u3000A ", A),
        ("", None),
        ("  ", None),
    ],
)
def test_what_is_written_is_what_is_meant(text, expected):
    """Operators, quotes, escapes, numbers, times, lists, attributes and parentheses; nothing at all is no filter."""
    assert expected == parse(text, ATTRIBUTES)


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("brand", 6, "it ends too soon; =, !=, <, <=, >, >= or : is allowed here."),
        ("brand =", 8, "it ends too soon; a value is allowed here."),
        ("brand :", 8, "it ends too soon; a value or a list of values in parentheses is allowed here."),
        ("brand == A", 8, "a value is allowed here, not =."),
        ("brand = AND", 9, "a value is allowed here, not AND."),
        ("brand = (A, B)", 9, "a value is allowed here, not (."),
        ("brand : ()", 10, "a value is allowed here, not )."),
        ("brand : (A B)", 12, ", or ) is allowed here, not B."),
        ("brand = A price < 5", 11, "AND, OR or the end is allowed here, not price."),
        ("brand = A and price < 5", 11, "AND, OR or the end is allowed here, not and."),
        ("brand = A AND", 14, "it ends too soon; a field, NOT or ( is allowed here."),
        ("(brand = A", 11, "it ends too soon; ), AND or OR is allowed here."),
        ('"A" = brand', 1, 'a field, NOT or ( is allowed here, not "A".'),
        ("brand = A AND price < 5 OR price > 9", 25, "AND and OR are mixed; put one of them in parentheses."),
        ("brand = A OR price < 5 AND price > 9", 24, "AND and OR are mixed; put one of them in parentheses."),
        ('brand = "A', 9, 'the string that begins here has no closing ".'),
        ("attributes.'A = 5", 12, "the string that begins here has no closing '."),
        ("brand ! A", 7, "! cannot be read; != is the only operator with it."),
        (r'brand = "A\x"', 11, r"\x is no escape; there are \\, \", \', \n and \t."),
        ("brand = A*", 9, "wildcards are not understood; in quotes, * is a character like any other."),
        ("brand = *", 9, "wildcards are not understood; in quotes, * is a character like any other."),
        ('brand != ""', 10, "the empty string is no value; NOT brand:* finds products without it."),
        ("brand < 5", 1, "brand has no order; it is compared by =, != or :."),
        ("in_stock < true", 1, "in_stock has no order; it is compared by =, != or :."),
        ("price = cheap", 9, "price takes a number without quotes."),
        ('price < "50"', 9, "price takes a number without quotes."),
        ("price < 0x10", 9, "price takes a number without quotes."),
        ("price < nan", 9, "price takes a number without quotes."),
        ("price < 1e999", 9, "1e999 is too large for a number."),
        ("in_stock = yes", 12, "in_stock takes true or false."),
        ("in_stock = 1", 12, "in_stock takes true or false."),
        ("update_time > 5", 15, 'update_time takes a time such as "2024-05-31T12:00:00Z" or "2024-05-31".'),
        (
            'update_time > "2024-02-30"',
            15,
            'update_time takes a time such as "2024-05-31T12:00:00Z" or "2024-05-31".',
        ),
        (
            'update_time > "2024-02-03T10:00"',
            15,
            'update_time takes a time such as "2024-05-31T12:00:00Z" or "2024-05-31".',
        ),
        ("attributes.weight = heavy", 21, "attributes.weight takes a number without quotes."),
        ("attributes.new = no", 18, "attributes.new takes true or false."),
        ("attributes.colour < 5", 1, "attributes.colour has no order; it is compared by =, != or :."),
        ("attributes.mixed < x", 20, "attributes.mixed takes a number without quotes."),
        ('attributes.mixed : (1, "1")', 21, "the values of a list are of one kind."),
        (
            "attributes.color = red",
            1,
            'no product of the catalogue has an attribute "color"; attributes are colour, tags, weight, new, mixed, any name.',
        ),
        (
            "colour = red",
            1,
            (
                'there is no field "colour"; did you mean attributes.colour? Fields are id, brand, category, price, '
                'in_stock, popularity, update_time, group_id, locale, attributes.NAME, attributes."any name".'
            ),
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, position, words):
    """Each error names the position, from 1, and what is allowed there."""
    with pytest.raises(InvalidArgument) as caught:
        parse(text, ATTRIBUTES)

    error = caught.value
    assert (Reason.FILTER_INVALID, "filter", str(position)) == (
        error.reason,
        error.field,
        error.metadata["position"],
    )
    assert f"The filter is wrong at position {position}: {words}" == error.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(" * 8000, "it ends too soon"),
        ("NOT " * 2000 + "brand = A", "nested more than 20 deep"),
        ("(brand = A AND NOT " * 400 + "brand = A" + ")" * 400, "nested more than 20 deep"),
        ("brand = A)", "AND, OR or the end is allowed here, not )"),
        (")" * 8000, "a field, NOT or ( is allowed here"),
        ("brand : (" + "A," * 4000, "it ends too soon"),
        ("brand = A" + " AND brand = A" * 8000, "more than 8192 characters"),
        ('brand = "' + "\\" * 8001, "no closing"),
    ],
)
def test_hostile_texts_are_refused(text, words):
    """However deep or long, a text is read without recursion and refused by name."""
    with pytest.raises(InvalidArgument, match="position") as caught:
        parse(text, ATTRIBUTES)

    assert words in caught.value.message


def test_deep_parentheses_around_one_thing_are_no_nesting():
    """What parentheses hold is what counts."""
    assert A == parse("(" * 4000 + "brand = A" + ")" * 4000, ATTRIBUTES)


def test_long_lists_of_attributes_are_cut():
    """An error shows twenty names, the likeliest first, and counts the rest."""
    attributes = {f"name{number}": ["string"] for number in range(100)}

    with pytest.raises(InvalidArgument, match=r"attributes are name77, .* and 80 more\.") as caught:
        parse("attributes.nam77 = x", attributes)

    assert len(caught.value.message) < 400


def test_a_catalogue_without_attributes_says_so():
    """Nothing is listed where there is nothing."""
    with pytest.raises(InvalidArgument, match="there are none"):
        parse("attributes.x = 1", {})
