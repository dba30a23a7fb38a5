"""What of a sentence becomes constraints, and which words are left."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.listening import joined
from gateway.core.model.words import Constraint, Operator
from gateway.core.understanding import understand
from services.search.core.filters.evaluate import evaluate
from services.search.core.filters.parse import parse
from services.search.core.model import Facts

VOCABULARY = {
    "brand": ["Alder"],
    "category": ["chair", "mug"],
    "colour": ["red", "Blue", "dark red"],
    "material": ["leather", "wood", "红木"],
    'kind of "wood"': ["oak"],
}  # fmt: skip
ATTRIBUTES = {name: ("string",) for name in VOCABULARY if name not in {"brand", "category"}}
LEATHER = 'NOT attributes.material = "leather"'

CASES = [
    # text, slots, words left, filter
    ("a red chair", {}, "a red chair", ""),
    ("a red chair under fifty euros", {}, "a red chair", "price <= 50"),
    ("a chair not leather", {}, "a chair", LEATHER),
    ("a chair but not made of leather please", {}, "a chair please", LEATHER),
    ("a chair without leather, max 20", {}, "a chair", f"{LEATHER} AND price <= 20"),
    ("non-leather chair", {}, "chair", LEATHER),
    ("I don't want leather", {}, "", LEATHER),
    ("anything but blue", {}, "", 'NOT attributes.colour = "Blue"'),
    ("no red, no blue mugs", {}, "mugs", 'NOT attributes.colour = "Blue" AND NOT attributes.colour = "red"'),
    ("a mug not red or leather", {}, "a mug", f'NOT attributes.colour = "red" AND {LEATHER}'),
    ("a dark red mug not red", {}, "a dark red mug", 'NOT attributes.colour = "red"'),
    ("a chair, not an Alder", {}, "a chair", 'NOT brand = "Alder"'),
    ("no reds", {}, "", 'NOT attributes.colour = "red"'),
    ("a chair not oak", {}, "a chair", 'NOT attributes."kind of \\"wood\\"" = "oak"'),
    ("a mug without handles", {}, "a mug without handles", ""),
    ("a notebook", {}, "a notebook", ""),
    ("the same but under twenty please", {}, "", "price <= 20"),
    ("between ten and twenty", {}, "", "price <= 20 AND price >= 10"),
    ("五十元以下的椅子，不要红木的", {}, "椅子，", 'NOT attributes.material = "红木" AND price <= 50'),
    # what the transcriber names
    ("a chair not wooden", {"category": "chair", "not_material": "wood"}, "a chair", 'NOT attributes.material = "wood"'),
    ("a chair under fifty", {"price_at_most": "fifty"}, "a chair", "price <= 50"),
    ("chair fifty tops", {"price_at_most": "fifty"}, "chair fifty tops", "price <= 50"),
    ("a mug", {"not_size": "large"}, "a mug", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "slots", "words", "filter_"), CASES)
def test_what_is_understood(text, slots, words, filter_):
    """Limits and denials become a filter and leave the words; what is wanted, or not known, stays."""
    meaning = understand(text, slots, VOCABULARY)

    assert (words, filter_) == (meaning.words, meaning.filter)


def test_what_is_wanted_is_told_and_does_not_filter():
    """Values that are wanted are constraints with the filter that they would be, and none of it holds."""
    meaning = understand("a red mug", {"colour": "red", "category": "mug", "size": "large"}, VOCABULARY)

    assert (
        Constraint("category", "mug", Operator.IS, 'category = "mug"'),
        Constraint("colour", "red", Operator.IS, 'attributes.colour = "red"'),
        Constraint("size", "large", Operator.IS, ""),
    ) == meaning.constraints
    assert meaning.filter == ""


def test_without_slots_the_catalogue_names_what_is_wanted():
    """A transcriber without a grammar names nothing: the longest of the catalogue's values do."""
    meaning = understand("A Dark Red chair not wood", {}, VOCABULARY)

    assert [
        ("category", "chair", Operator.IS),
        ("colour", "dark red", Operator.IS),
        ("material", "wood", Operator.IS_NOT),
    ] == [(each.name, each.value, each.operator) for each in meaning.constraints]


def test_a_denied_slot_is_not_wanted():
    """What is denied in the words is not taken for wanted because it was named."""
    meaning = understand("a chair not leather", {"category": "chair", "material": "leather"}, VOCABULARY)

    assert [("category", Operator.IS), ("material", Operator.IS_NOT)] == [
        (each.name, each.operator) for each in meaning.constraints
    ]


def test_without_a_catalogue_slots_are_attributes():
    """A transcript alone is understood by what the transcriber named."""
    meaning = understand("a chair not wooden under ten", {"not_material": "wood", "size": "s"}, None)

    assert (
        Constraint("material", "wood", Operator.IS_NOT, 'NOT attributes.material = "wood"'),
        Constraint("price", "10", Operator.AT_MOST, "price <= 10"),
        Constraint("size", "s", Operator.IS, 'attributes.size = "s"'),
    ) == meaning.constraints


PIECES = st.sampled_from(
    [
        "under", "over", "between", "and", "or", "not", "no", "without", "anything but", "red", "leather", "dark red",
        "fifty", "one hundred", "20", "1,200.50", "euros", "$", "a", "chair", "the same", "please", ",", "不要", "红木",
        "五十元", "以下", "至少", '"', "\\", "oak", "from", "to", "(", "OR", "NOT",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=12).map(" ".join))
SLOTS = st.dictionaries(
    st.one_of(st.sampled_from(["price_at_most", "not_colour", "colour", "not_", ""]), st.text(max_size=8)),
    st.one_of(st.sampled_from(["red", "fifty", ""]), st.text(max_size=8)),
    max_size=4,
)


@settings(deadline=None)
@given(TEXTS, SLOTS)
def test_whatever_is_said_gives_a_filter_that_can_be_read(text, slots):
    """No text and no slot breaks anything: the filter is one of the catalogue's grammar, the words are of the text."""
    meaning = understand(text, slots, VOCABULARY)

    parse(meaning.filter, ATTRIBUTES)
    for each in meaning.constraints:
        parse(each.filter, ATTRIBUTES)
    assert set(meaning.words) <= {*text, " "}


@settings(deadline=None)
@given(
    st.dictionaries(st.text(min_size=1, max_size=6), st.text(min_size=1, max_size=6), min_size=1, max_size=3)
)
def test_any_name_and_value_can_be_denied(pairs):
    """Names and values are quoted, so that a filter refuses just that value whatever characters it has."""
    slots = {f"not_{name}": value for name, value in pairs.items()}
    vocabulary = {name: [value] for name, value in pairs.items()}
    meaning = understand("", slots, vocabulary)
    tree = parse(meaning.filter, {name: ("string",) for name in pairs if name not in {"brand", "category"}})
    other = {name: f"{value}x" for name, value in pairs.items()}

    assert tree is not None
    assert evaluate(tree, "p", Facts(attributes=other))
    assert not evaluate(tree, "p", Facts(attributes=dict(pairs), brand=pairs.get("brand", "")))


def test_filters_are_joined_without_mixing_and_with_or():
    """A request's OR keeps its meaning beside what was understood; nothing is joined with nothing."""
    assert joined("", " ") == ""
    assert joined("price < 5 OR price > 9", "") == "price < 5 OR price > 9"
    assert joined('brand = "A"', "price <= 50") == 'brand = "A" AND price <= 50'
    assert parse(joined("price < 5 OR price > 9", "price <= 50"), {}) is not None
    assert joined("price < 5 OR price > 9", "price <= 50") == "(price < 5 OR price > 9) AND price <= 50"
