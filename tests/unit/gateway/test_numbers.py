"""Amounts as people say and write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.numbers import amount, chinese_amount, written

ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SIGNS = "零一二三四五六七八九"


def said(number: int, joint: str) -> str:
    """*number*, 1 to 9999, in English words."""
    if number >= 1000:
        rest = f" {said(number % 1000, joint)}" if number % 1000 else ""
        return f"{ONES[number // 1000]} thousand{rest}"
    if number >= 100:
        rest = f" {joint}{said(number % 100, joint)}" if number % 100 else ""
        return f"{ONES[number // 100]} hundred{rest}"
    if number >= 20:
        return f"{TENS[number // 10]}{f' {ONES[number % 10]}' if number % 10 else ''}"
    return ONES[number]


def said_in_chinese(number: int) -> str:
    """*number*, 1 to 9999, in Chinese numerals."""
    text = ""
    for unit, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        text += f"{SIGNS[digit]}{sign}" if digit else "零"
    return text.strip("零").replace("零零", "零")


@settings(deadline=None)
@given(st.integers(1, 9999), st.sampled_from(["", "and "]), st.sampled_from(["", " euros", " Dollars", "€"]))
def test_numbers_in_words(number, joint, currency):
    """Every number to 9999 is read as it is said, with "and" and without, whatever the currency."""
    assert number == amount(f"{said(number, joint)}{currency}")


@settings(deadline=None)
@given(st.integers(1, 9999))
def test_numbers_in_chinese(number):
    """Every number to 9999 is read as it is written."""
    assert number == chinese_amount(said_in_chinese(number))


@settings(deadline=None)
@given(st.integers(0, 10**8), st.integers(0, 99))
def test_numbers_in_digits(whole, cents):
    """Digits are read with and without grouping, and written back with up to two decimals."""
    value = float(f"{whole}.{cents:02}")

    assert value == amount(f"{whole:,}.{cents:02}") == amount(f"{whole}.{cents:02}") == float(written(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a hundred", 100),
        ("twelve hundred", 1200),
        ("thirty-five", 35),
        ("19,99 €", 19.99),
        ("1,200", 1200),
        ("nineteen ninety nine", 19.99),
        ("nineteen euros ninety nine", 19.99),
        ("fifty euros and twenty cents", 50.2),
        ("two fifty", None),
        ("fifty one two", None),
        ("", None),
        ("red", None),
    ],
)
def test_how_prices_are_said(text, value):
    """Cents follow a price of ten or more; what can be read in two ways is nothing."""
    assert value == amount(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("一百五", 150), ("一百零五", 105), ("一万二", 12_000), ("三万", 30_000), ("十", 10), ("两千三", 2300), ("19.9", 19.9)],
)  # fmt: skip
def test_how_prices_are_said_in_chinese(text, value):
    """A digit at the end counts a tenth of the unit before it."""
    assert value == chinese_amount(text)


@pytest.mark.parametrize("text", ["万", "百", "五六", "一二百"])
def test_what_is_no_number_in_chinese(text):
    """Numerals in an order that no number has are nothing."""
    assert chinese_amount(text) is None
