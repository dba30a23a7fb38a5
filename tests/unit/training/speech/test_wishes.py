"""What shoppers say of prices, and of what they do not want."""

import pytest

from gateway.core.numbers import amount
from training.speech.catalogue import catalogue_grammar
from training.speech.grammar import slots_of
from training.speech.wishes import number, wishes

WAYS = {
    "category": {"chair": ("chair",), "mug": ("mug", "cup")},
    "colour": {"red": ("red", "in red")},
    "pattern": {"dotted": ("dotted", "with dots"), "plain": ("plain", "without a pattern")},
    "material": {"wood": ("wooden", "made of wood"), "leather": ("leather",)},
}
GRAMMAR = catalogue_grammar(WAYS)

CASES = [
    ("a red chair under fifty euros", {"colour": "red", "category": "chair", "price_at_most": "fifty"}),
    (
        "a chair no more than one hundred and five",
        {"category": "chair", "price_at_most": "one hundred and five"},
    ),
    ("a chair over a hundred dollars", {"category": "chair", "price_at_least": "a hundred"}),
    (
        "a mug between ten and twenty pounds please",
        {"category": "mug", "price_at_least": "ten", "price_at_most": "twenty"},
    ),
    ("a chair not leather", {"category": "chair", "not_material": "leather"}),
    ("a chair but not made of wood", {"category": "chair", "not_material": "wood"}),
    ("a dotted cup anything but red", {"category": "mug", "pattern": "dotted", "not_colour": "red"}),
    ("a cup without dots", {"category": "mug", "not_pattern": "dotted"}),
    ("a cup without a pattern", {"category": "mug", "pattern": "plain"}),
    (
        "show me a wooden chair under ten euros and not red",
        {"material": "wood", "category": "chair", "price_at_most": "ten", "not_colour": "red"},
    ),
    (
        "a chair not red for less than ten euros",
        {"category": "chair", "not_colour": "red", "price_at_most": "ten"},
    ),
    ("the same but under twenty", {"price_at_most": "twenty"}),
    ("but not red", {"not_colour": "red"}),
    ("in red but not wooden", {"colour": "red", "not_material": "wood"}),
    ("a chair under", None),
    ("a chair under ten", None),
    ("a chair not", None),
    ("under fifty a chair", None),
    ("a chair ten euros", None),
]


@pytest.mark.parametrize(("sentence", "slots"), CASES)
def test_limits_and_denials_follow_the_product(sentence, slots):
    """One limit and one denial in any order behind what is looked for, or alone."""
    assert slots == slots_of(sentence, GRAMMAR)


def test_without_prices_there_are_no_limits():
    """A catalogue without prices is not asked for any, so that its words are not confused with numbers."""
    grammar = catalogue_grammar(WAYS, priced=False)

    assert slots_of("a chair under fifty", grammar) is None
    assert {"category": "chair", "not_colour": "red"} == slots_of("a chair not red", grammar)


def test_nothing_to_wish():
    """Neither prices nor attributes leave nothing to say."""
    assert wishes({}, priced=False) is None


@pytest.mark.parametrize(
    ("said", "value"),
    [("seven", 7), ("nineteen", 19), ("forty two", 42), ("a hundred", 100), ("nine hundred and ninety nine", 999),
     ("one thousand", 1000), ("two thousand and five", 2005), ("nine thousand nine hundred ninety nine", 9999)],
)  # fmt: skip
def test_numbers(said, value):
    """Every number that the grammar hears is one that the gateway understands."""
    assert slots_of(said, number()) == {}
    assert value == amount(said)
