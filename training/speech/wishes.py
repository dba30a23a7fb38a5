"""What shoppers say behind a product's name: what it may cost, and what it must not be.

"under fifty euros" fills `price_at_most` with the words "fifty", "not made of leather" fills `not_material` with
"leather". What numbers in words amount to is for the gateway, which understands written words the same way.
"""

from training.speech.grammar import Choice, Node, Phrase, Rare, Slot, optional, words
from training.speech.phrases import DENIALS, NOT, Ways, bare

AT_MOST, AT_LEAST = "price_at_most", "price_at_least"

_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_LESS = (
    "under", "below", "less than", "cheaper than", "at most", "not more than", "no more than", "up to", "for less than",
)  # fmt: skip
_MORE = ("over", "above", "more than", "at least", "not less than", "no less than")
# So that "made of metal" is not heard as "white not metal"; chosen on the demonstration's "dev" queries. Who has wished
# once may well wish twice.
WEIGHT = 1e-15
_CURRENCIES = ("euros", "dollars", "pounds")


def number(*, from_twenty: bool = False) -> Choice:
    """Return the numbers from 1 (or from 20) to 9999 as they are said: "one hundred and fifty", "a thousand"."""
    ones = _any(_ONES)
    tens = Phrase((_any(_TENS), optional(ones)))
    below_100 = Choice((ones, _any(_TEENS), tens))
    rest = Phrase((optional(words("and")), below_100))
    hundreds = Phrase((words("hundred"), optional(rest)))
    one = _any(("a", *_ONES))
    thousands = Phrase((one, words("thousand"), optional(Choice((Phrase((ones, hundreds)), rest)))))
    return Choice((tens if from_twenty else below_100, Phrase((one, hundreds)), thousands))


def limit() -> Node:
    """Return what is said of a price: "under fifty euros", "between ten and twenty".

    A limit begins with words of its own: where any number could follow a noun, "a chair in two" would be one more way to
    hear "a chair in blue", and listening would take twice as long. Prices below 20 name a currency: "up to ten" is short
    enough to be heard where nothing of it was said.
    """
    return Choice(
        (
            Phrase((_any(_LESS), _price(AT_MOST))),
            Phrase((_any(_MORE), _price(AT_LEAST))),
            Phrase((words("between"), Slot(AT_LEAST, number()), words("and"), _price(AT_MOST))),
        )
    )


def _price(name: str) -> Choice:
    return Choice((Phrase((Slot(name, number()), _any(_CURRENCIES))), Slot(name, number(from_twenty=True))))


def denials(ways: Ways) -> Node:
    """Return what is said of values that are not wanted: "not leather", "without dots", "no red", "anything but blue"."""
    denied = tuple(
        Slot(f"{NOT}{name}", Choice(tuple(words(way) for way in bare(said))), value)
        for name, values in ways.items()
        for value, said in values.items()
        if bare(said)
    )
    return Phrase((_any(DENIALS), Choice(denied)))


def wishes(ways: Ways, *, priced: bool) -> Choice | None:
    """Return a limit of the price, a denial, or both in any order; None where there is nothing to wish.

    Args:
        ways: attribute → value → ways to say it, of the attributes that can be denied.
        priced: whether products have prices.
    """
    joint = optional(_any(("and", "but")))
    wanted = [*([limit()] if priced else []), *([denials(ways)] if any(ways.values()) else [])]
    said = [
        Phrase(
            (
                joint,
                Rare(first, WEIGHT),
                *(optional(Phrase((joint, other))) for other in wanted if other is not first),
            )
        )
        for first in wanted
    ]
    return Choice(tuple(said)) if said else None


def wish_sentences(ways: Ways, *, priced: bool) -> list[str]:
    """Return limits and denials to count word sequences in: every value, and every word of a number."""
    denied = [way for values in ways.values() for said in values.values() for way in bare(said)]
    sentences = [f"{DENIALS[at % len(DENIALS)]} {way}" for at, way in enumerate(denied)]
    if priced:
        hundreds = [f"{one} hundred{rest}" for one in _ONES for rest in ("", " and")]
        numbers = [*_ONES, *_TEENS, *(f"{ten} {one}" for ten in _TENS for one in ("", *_ONES)), *hundreds]
        before = (*_LESS, *_MORE)
        sentences += [
            f"{before[at % len(before)]} {number} {_CURRENCIES[at % len(_CURRENCIES)]}"
            for at, number in enumerate(numbers)
        ]
    return sentences


def _any(phrases: tuple[str, ...]) -> Choice:
    return Choice(tuple(words(phrase) for phrase in phrases))
