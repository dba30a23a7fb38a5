"""What of a sentence becomes constraints, and which words are left to search with. Pure; docs/voice.md tells users.

Limits of the price and values that are not wanted become filters: vectors and words cannot express them. Values that
are wanted stay words: a filter on a colour that was misheard would lose everything, a word only weakens the match.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from gateway.core.denials import Denial, Values, denials, spotted
from gateway.core.limits import Limit, limits
from gateway.core.model.words import Constraint, Operator
from gateway.core.numbers import amount, written


@dataclass(frozen=True)
class Meaning:
    """What was understood, and the words that are left; "" where they only wrap that."""

    constraints: tuple[Constraint, ...]
    words: str

    @property
    def filter(self) -> str:
        """Limits and denials as one filter; "" where there is none."""
        held = (each.filter for each in self.constraints if each.operator is not Operator.IS)
        return " AND ".join(dict.fromkeys(each for each in held if each))


Vocabulary = Mapping[str, Sequence[str]]
"""By field, "brand" or the name of an attribute: the strings that products of the catalogue have there."""

PRICE = "price"
FIELDS = frozenset({"category", "brand"})
# How transcribers name what is said of prices and of values that are not wanted: training/speech/wishes.py.
_SLOT_LIMITS = {"price_at_most": Operator.AT_MOST, "price_at_least": Operator.AT_LEAST}
_SLOT_NOT = "not_"
_FORMS = {Operator.IS: "", Operator.IS_NOT: "NOT ", Operator.AT_MOST: "<=", Operator.AT_LEAST: ">="}
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# With nothing else, these ask for nothing: "the same but under twenty please".
_WRAPPING = frozenset(
    {
        "a", "an", "and", "any", "anything", "are", "buy", "but", "can", "costs", "do", "find", "for", "get", "give",
        "have", "i", "i'd", "i'm", "in", "is", "it", "like", "looking", "made", "make", "me", "need", "of", "one", "or",
        "please", "same", "search", "see", "show", "some", "something", "that", "the", "this", "want", "with", "would",
        "you", "instead",
    }
)  # fmt: skip


def understand(text: str, slots: Mapping[str, str], vocabulary: Vocabulary | None = None) -> Meaning:
    """Return what *text* says.

    Args:
        text: what was said or written.
        slots: what the transcriber gave a name.
        vocabulary: of the catalogue; None where there is none to ask, and slots are taken for its attributes.
    """
    meant = {
        name: value for name, value in slots.items() if value and name not in {*_SLOT_LIMITS, _SLOT_NOT, ""}
    }
    named = [
        (key.removeprefix(_SLOT_NOT), value) for key, value in meant.items() if key.startswith(_SLOT_NOT)
    ]
    told = {name: value for name, value in meant.items() if not name.startswith(_SLOT_NOT)}
    values = _values([*told.items(), *named], vocabulary or {})

    costs = list(limits(text))
    rest = _without(text, costs, ".")
    refused = _named(list(denials(rest, values)), named)
    unwanted = dict.fromkeys([*(pair for each in refused for pair in each.meant), *named])
    wanted = told.items() if told else spotted(_without(rest, refused, "."), values)
    constraints = [
        *(_constraint(pair, Operator.IS, vocabulary) for pair in wanted if pair not in unwanted),
        *(_constraint(pair, Operator.IS_NOT, vocabulary) for pair in unwanted),
        *_prices(costs, slots),
    ]
    words = _asked(_without(text, [*costs, *(each for each in refused if each.meant)], " "))
    return Meaning(tuple(sorted(dict.fromkeys(constraints), key=_order)), words)


def _values(pairs: Iterable[tuple[str, str]], vocabulary: Vocabulary) -> Values:
    """Return what words may mean: the values of *pairs* and of *vocabulary*, by their lower case."""
    every = dict.fromkeys(pairs)
    every |= dict.fromkeys((name, value) for name, values in vocabulary.items() for value in values)
    meanings: dict[str, list[tuple[str, str]]] = {}
    for name, value in every:
        meanings.setdefault(value.lower(), []).append((name, value))
    return meanings


def _named(refused: Sequence[Denial], named: Sequence[tuple[str, str]]) -> list[Denial]:
    """Give denials of unknown words, from left to right, the meanings that the transcriber *named* and no other has."""
    known = {pair for each in refused for pair in each.meant}
    left = iter(pair for pair in named if pair not in known)
    return [each if each.meant else replace(each, meant=tuple(islice(left, 1))) for each in refused]


def _constraint(pair: tuple[str, str], operator: Operator, vocabulary: Vocabulary | None) -> Constraint:
    """Return what is said of an attribute; the filter compares with the value as the catalogue writes it."""
    name, value = pair
    if vocabulary is not None and name not in vocabulary:
        return Constraint(name, value, operator)
    same = (each for each in (vocabulary or {}).get(name, ()) if each.lower() == value.lower())
    quoted = next(same, value).replace("\\", "\\\\").replace('"', '\\"')
    return Constraint(name, value, operator, f'{_FORMS[operator]}{_field(name)} = "{quoted}"')


def _field(name: str) -> str:
    if name in FIELDS:
        return name
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f"attributes.{name}" if _PLAIN_NAME.fullmatch(name) else f'attributes."{quoted}"'


def _prices(costs: Sequence[Limit], slots: Mapping[str, str]) -> Iterator[Constraint]:
    """Yield limits of the price as the words say them, else as the transcriber named them."""
    said: list[tuple[Operator, float | None]] = [
        (operator, value)
        for each in costs
        for operator, value in ((Operator.AT_LEAST, each.least), (Operator.AT_MOST, each.most))
        if value is not None
    ]
    named = [(operator, amount(slots[name])) for name, operator in _SLOT_LIMITS.items() if name in slots]
    for operator, value in said or named:
        if value is not None:
            number = written(value)
            yield Constraint(PRICE, number, operator, f"{PRICE} {_FORMS[operator]} {number}")


def _without(text: str, spans: Iterable[Limit | Denial], filling: str) -> str:
    """Return *text*, as long as it was, with *filling* over *spans*."""
    for each in spans:
        text = text[: each.start] + filling * (each.end - each.start) + text[each.end :]
    return text


def _asked(text: str) -> str:
    """Return the words of *text*; "" where they ask for nothing."""
    words = re.sub(r"^(?:[\s,;]|(?:and|but)\b)+|(?:[\s,;]|\b(?:and|but))+$", "", " ".join(text.split()))
    asked = any(word not in _WRAPPING for word in re.findall(r"[\w']+", words.lower()))
    return words if asked else ""


def _order(constraint: Constraint) -> tuple[str, int, str]:
    return constraint.name, constraint.operator, constraint.value
