"""Filters as expressions of Milvus. What they find is tested on Milvus itself (tests/integration)."""

import re
import string
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.search.adapters.milvus.expressions import expression_of
from services.search.adapters.milvus.words import CODE_BYTES_MAX, code_of, decoded, encoded
from services.search.core.filters.model import Field, OneOf, Or
from services.search.core.filters.parse import parse
from tests.filters_strategy import ATTRIBUTES, written

# Of what stands between quotes, nothing means anything to Milvus.
HARMLESS = set(string.ascii_letters + string.digits + "_.-%")
WORDS = {
    *("and", "or", "not", "in", "exists", "json_contains_any", "true", "false", "attributes", "product_id"),
    *("brand", "category", "group_id", "locale", "price", "popularity", "update_time", "in_stock", "e"),
}

texts = st.text(st.characters(codec="utf-8"), min_size=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('brand : ("A b", "蓝")', '(brand in ["A%20b","%E8%93%9D"])'),
        ("price < 50", "(price < 50.0)"),
        ("in_stock = true", "(in_stock in [1])"),
        ("brand:*", '(brand != "")'),
        ("price:*", "((price < 0.0) or (price >= 0.0))"),
        ("attributes.colour != red", '((not (exists attributes["scolour"])) or (not (json_contains_any(attributes["scolour"], ["red"]))))'),
        ("attributes.weight : (1, 2)", '((attributes["nweight"] == 1.0) or (attributes["nweight"] == 2.0))'),
        (
            "NOT (price < 5 AND NOT attributes.new = true)",
            '((attributes["bnew"] == true) or (not (price < 5.0)))',
        ),
        ("NOT NOT brand = A", '(brand in ["A"])'),
    ],
)  # fmt: skip
def test_a_filter_is_written_so(text, expected):
    """NOT stands at the leaves, strings are encoded, numbers are floats."""
    assert expected == expression_of(parse(text, ATTRIBUTES))


@given(st.integers(0, 2**64))
@settings(max_examples=200, deadline=None)
def test_expressions_hold_nothing_that_a_caller_wrote(seed):
    """Strings of harmless letters, numbers, and words of our own: nothing else, whatever a filter says."""
    expression = expression_of(parse(written(Random(seed)).text, ATTRIBUTES))

    rest = re.sub(r'"([^"]*)"', lambda match: "" if set(match[1]) <= HARMLESS else match[0], expression)
    assert '"' not in rest
    assert "\\" not in rest
    assert set(re.findall(r"[^\W\d]+", rest)) <= WORDS


@given(texts)
def test_strings_come_back(text):
    """What is encoded is plain, and decoded is what it was."""
    assert set(encoded(text)) <= HARMLESS
    assert text == decoded(encoded(text))


@given(texts, texts)
def test_different_strings_have_different_codes(one, other):
    """Of any length: a code is short and plain, and a long string is never taken for another."""
    assert (one == other) == (code_of(one) == code_of(other))
    assert set(code_of(one)) <= HARMLESS
    assert len(code_of(one)) <= CODE_BYTES_MAX


def test_a_string_that_looks_like_a_checksum_is_none():
    """Its percent sign is encoded."""
    long = "x" * 1000

    assert code_of(long).startswith("%h")
    assert code_of(long) != code_of(code_of(long))


def test_long_chains_are_flat():
    """A thousand alternatives are ten levels deep; what is deep already is joined last."""
    leaves = tuple(OneOf(Field("price"), (float(number),)) for number in range(1000))
    deep = parse("brand = A OR (price < 5 AND (brand = B OR (price > 9 AND brand = C)))", {})

    assert 11 == depth(expression_of(Or(leaves)))
    assert depth(expression_of(deep)) + 1 == depth(expression_of(Or((deep, *leaves[:8]))))


def depth(expression):
    deepest = at = 0
    for character in expression:
        at += {"(": 1, ")": -1}.get(character, 0)
        deepest = max(deepest, at)
    return deepest
