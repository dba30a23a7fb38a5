"""What a query says of the price."""

import pytest

from gateway.core.limits import limits

CASES = [
    ("a red chair under fifty euros", None, 50),
    ("less than 20", None, 20),
    ("at most thirty five dollars", None, 35),
    ("cheaper than $19.99 please", None, 19.99),
    ("not more than one hundred and fifty", None, 150),
    ("no more than forty five pounds and not leather", None, 45),
    ("nothing over sixty", None, 60),
    ("up to a thousand", None, 1000),
    ("maximum 80", None, 80),
    ("with a budget of two thousand", None, 2000),
    ("a mug that costs less than ten", None, 10),
    ("fifty euros or less", None, 50),
    ("Under Fifty Euros", None, 50),
    ("under nineteen euros ninety nine", None, 19.99),
    ("over 100", 100, None),
    ("at least two hundred euros", 200, None),
    ("not under fifty", 50, None),
    ("more expensive than 20 in red", 20, None),
    ("from 20 euros", 20, None),
    ("€50 or more", 50, None),
    ("between ten and twenty", 10, 20),
    ("between twenty and ten euros", 10, 20),
    ("between one hundred and two hundred", 100, 200),
    ("between one hundred and fifty and two hundred", 150, 200),
    ("between three hundred and fifteen and three hundred and twenty five euros", 315, 325),
    ("between two hundred and two hundred and five", 200, 205),
    ("between ten and one hundred and fifty", 10, 150),
    ("between two hundred and seventy and two hundred and eighty euros", 270, 280),
    ("from ten to twenty euros", 10, 20),
    ("at least 1100 other than wood", 1100, None),
    ("五十元以下的红色椅子", None, 50),
    ("不超过一百五", None, 150),
    ("低于30块的杯子", None, 30),
    ("两百元以上", 200, None),
    ("至少两百", 200, None),
    ("一百到两百元之间的杯子", 100, 200),
]


@pytest.mark.parametrize(("text", "least", "most"), CASES)
def test_a_limit(text, least, most):
    """Words, digits, currencies before and behind, ranges in either order, English and Chinese."""
    assert [(least, most)] == [(each.least, each.most) for each in limits(text)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a red chair",
        "a bag with at least two pockets",
        "a tent for up to 3 people",
        "under 50 chairs",
        "toys for children from five to ten",
        "shoes under two fifty",
        "a table under the lamp",
        "over the knee boots",
        "iphone 14",
        "五个杯子",
    ],
)
def test_no_limit(text):
    """Numbers that count something else, or can be read in two ways, say nothing of the price."""
    assert [] == list(limits(text))


def test_several_limits():
    """Each is found where it stands."""
    text = "a lamp over ten and under 20 euros please"

    assert ["over ten", "and under 20 euros"] == [text[each.start : each.end] for each in limits(text)]


@pytest.mark.parametrize(
    "text",
    [
        "for " * 5000,
        "between one and " * 1500,
        "under " + "one and " * 3000,
        "between " + "hundred " * 3000,
        "一" * 5000,
    ],
)
def test_long_nonsense_takes_no_time(text):
    """Nothing that a client sends keeps the room busy: the time grows with the length and no faster."""
    assert 0 <= len(list(limits(text)))
