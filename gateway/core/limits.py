"""What a query says of the price: "under fifty euros", "between ten and twenty", "at least 5 €", 五十元以下.

A number alone is taken for a price only where nothing else is counted by it: "at least two" is, "at least two pockets"
is not. "Under fifty" includes fifty. Currencies are read over: within one catalogue all prices have the same one.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gateway.core.numbers import (
    CHINESE_CURRENCY,
    CHINESE_NUMBER,
    CURRENCY,
    NUMBER,
    SYMBOL,
    amount,
    chinese_amount,
)


@dataclass(frozen=True)
class Limit:
    """A price of at least or at most so much, and where that stands in the text."""

    start: int
    end: int
    least: float | None = None
    most: float | None = None


_LESS = (
    r"(?:under|below|(?:less(?:\s+expensive)?|cheaper)\s+than|at\s+most|up\s+to|(?:a\s+)?max(?:imum)?(?:\s+of)?|"
    r"(?:not|no|nothing)\s+(?:more|dearer|higher)(?:\s+expensive)?\s+than|(?:not|nothing)\s+(?:over|above)|"
    r"(?:a\s+)?budget\s+(?:of|is))"
)
_MORE = (
    r"(?:over|above|(?:more(?:\s+expensive)?|dearer)\s+than|at\s+least|starting\s+(?:at|from)|upwards\s+of|"
    r"(?:a\s+)?min(?:imum)?(?:\s+of)?|(?:not|no|nothing)\s+(?:less|cheaper)\s+than|(?:not|nothing)\s+(?:under|below))"
)
_LED = r"(?<!\w)(?:(?:and|but|or)\s+)?(?:(?:that\s+)?(?:priced?|costs?|costing|for|is|are)\s+){0,3}"
# What may follow a price without a currency; before any other word, the number counts something else.
_ENDS = (
    r"(?=\s*(?:$|[.,;:!?()\u3002\uff0c])|\s+(?:and|but|or|please|instead|thanks|in|with|without|not|no|non|that|which|"
    r"made|for|from|each|only|altogether|total|any|anything|everything|except|other|avoid|i|do|don't|isn't|aren't|under|"
    r"over|below|above|between|at|definitely|preferably|ideally|maybe)\b)"
)
_PRICE = rf"(?:{SYMBOL}\s*{NUMBER}|{NUMBER}\s*{CURRENCY}(?:\s+(?:and\s+)?{NUMBER}(?:\s+cents?\b|{_ENDS}))?)"
_AMOUNT = rf"(?:{_PRICE}|{NUMBER}{_ENDS})"

_ENGLISH = re.compile(
    rf"{_LED}(?:between\s+(?P<range>(?:{_PRICE}|{NUMBER})\s+and\s+{_AMOUNT})"
    rf"|from\s+(?P<from>{_PRICE}|{NUMBER})\s+(?:up\s+)?to\s+(?P<to>{_PRICE})"
    rf"|{_LESS}\s+(?P<most>{_AMOUNT})|{_MORE}\s+(?P<least>{_AMOUNT})|from\s+(?P<least2>{_PRICE})"
    rf"|(?P<most2>{_PRICE})\s+(?:or\s+(?:less|under|below|cheaper)|at\s+most|max(?:imum)?|tops)\b"
    rf"|(?P<least3>{_PRICE})\s+(?:or\s+(?:more|over|above)|at\s+least|and\s+up|upwards)\b)",
    re.IGNORECASE,
)
_SUM = rf"{CHINESE_NUMBER}\s*{CHINESE_CURRENCY}?"
_CHINESE = re.compile(
    rf"(?:(?P<from>{_SUM})\s*[到至~-]\s*(?P<to>{CHINESE_NUMBER}\s*(?:{CHINESE_CURRENCY}|(?=之间)))(?:之间)?"
    rf"|(?:不要?超过|不高于|不大于|低于|少于|小于|便宜于|最多|最高|不到)\s*(?P<most>{_SUM})"
    rf"|(?:不低于|不少于|至少|最少|高于|大于|超过|多于)\s*(?P<least>{_SUM})"
    rf"|(?P<most2>{_SUM})\s*(?:以下|以内|之内|之下)|(?P<least2>{_SUM})\s*(?:以上|之上|起))的?"
)


_LEAST = ("from", "least", "least2", "least3")
_MOST = ("to", "most", "most2")


def limits(text: str) -> Iterator[Limit]:
    """Yield what *text* says of the price; a number that can be read in two ways is no limit."""
    for found in _ENGLISH.finditer(text):
        if found["range"]:
            ends = _ends(found["range"])
            if ends is not None:
                yield _ordered(found, *ends)
        else:
            yield from _limit(found, amount)
    for found in _CHINESE.finditer(text):
        yield from _limit(found, _chinese)


def _limit(found: re.Match[str], read: Callable[[str], float | None]) -> Iterator[Limit]:
    least, most = (
        next((said for name in names if (said := found.groupdict().get(name))), None)
        for names in (_LEAST, _MOST)
    )
    values = [None if said is None else read(said) for said in (least, most)]
    if sum(value is not None for value in values) == (least is not None) + (most is not None):
        yield _ordered(found, *values)


def _ends(said: str) -> tuple[float, float] | None:
    """Return the two amounts of "one hundred and fifty and two hundred".

    They are parted at one of the "and"s. Where several leave two numbers, the smallest are meant: "fifty two hundred"
    is 5200, but nobody says so.
    """
    joints = re.finditer(r"\s+and\s+", said, re.IGNORECASE)
    pairs = ((amount(said[: joint.start()]), amount(said[joint.end() :])) for joint in joints)
    ends = [(least, most) for least, most in pairs if least is not None and most is not None]
    return min(ends, key=max, default=None)


def _ordered(found: re.Match[str], least: float | None, most: float | None) -> Limit:
    if least is not None and most is not None and least > most:
        least, most = most, least
    return Limit(found.start(), found.end(), least, most)


def _chinese(said: str) -> float | None:
    return chinese_amount(re.sub(rf"\s|{CHINESE_CURRENCY}", "", said))
