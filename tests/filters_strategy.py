"""Random filters as text, each with a plain judgement of its own, and random products to judge.

What a filter means is written down here a second time, in closures that share nothing with services/search: whatever
parses, evaluates or compiles filters must agree with them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from services.search.core.model import Facts

ATTRIBUTES = {
    "colour": ["string"],
    "tags": ["strings"],
    "weight": ["number"],
    "new": ["boolean"],
    "mixed": ["boolean", "number", "string", "strings"],
    "any name": ["string"],
    '颜色 "%22\\': ["string", "strings"],
    "a.b/c~d": ["number"],
}

STRINGS = (
    "red",
    "blue",
    "Red",
    'quo"te',
    "apo'strophe",
    "back\\slash",
    "100%",
    "%22",
    '" or 1==1 or brand != "',
    "') or true --",
    "红色",
    "🏠" * 20,
    "true",
    "50",
    "*",
    "line\nbreak\ttab",
    " spaces ",
    "A" * 128,
    "NOT",
    "a_b",
    "a%b",
)
NUMBERS = (0.0, 1.0, -1.0, 2.5, 19.99, 50.0, 1e-7, 1e12, -3.25e5, 0.1 + 0.2)
TIMES = (0, -86_400, 951_782_400, 1_717_156_800, 1_717_156_801)
STRING_FIELDS = ("brand", "category", "group_id", "locale", "id")

Holds = Callable[[str, Facts], bool]


@dataclass(frozen=True)
class Written:
    """A filter as it is written, and whether it holds of a product."""

    text: str
    holds: Holds


def product(random: Random) -> Facts:
    """Return a product that has some of everything, and lacks the rest."""

    def maybe(choices: Any, empty: Any) -> Any:
        return empty if random.random() < 0.3 else random.choice(choices)

    return Facts(
        title=maybe(STRINGS, ""),
        brand=maybe(STRINGS, ""),
        category=maybe(STRINGS, ""),
        price=maybe(NUMBERS, None),
        in_stock=maybe((True, False), None),
        popularity=random.choice((0, 1, 50, 1_000_000)),
        update_time=maybe([float(each) for each in TIMES], None),
        group_id=maybe(STRINGS, ""),
        locale=maybe(("en", "en-GB", "zh"), ""),
        attributes={
            name: _attribute(random, kinds) for name, kinds in ATTRIBUTES.items() if random.random() < 0.6
        },
    )


def product_id(random: Random, number: int) -> str:
    """Return the id of the product of that *number*; some are found by filters."""
    return random.choice(STRINGS) + str(number) if number >= len(STRINGS) else STRINGS[number]


def written(random: Random, depth: int = 3) -> Written:
    """Return a filter nested at most *depth* deep."""
    if depth and random.random() < 0.6:
        return _nested(random, depth)
    return random.choice((_equality, _equality, _comparison, _presence))(random)


def _nested(random: Random, depth: int) -> Written:
    operands = [written(random, depth - 1) for _ in range(random.randint(2, 3))]
    kind = random.choice(("AND", "OR", "NOT"))
    if kind == "NOT":
        inner = operands[0]
        return Written(f"NOT ({inner.text})", lambda i, f: not inner.holds(i, f))
    text = f" {kind} ".join(f"({each.text})" for each in operands)
    if kind == "AND":
        return Written(text, lambda i, f: all(each.holds(i, f) for each in operands))
    return Written(text, lambda i, f: any(each.holds(i, f) for each in operands))


def _equality(random: Random) -> Written:
    name, kind = _field(random, ("string", "strings", "number", "boolean", "time"))
    values = [_value(random, kind) for _ in range(random.randint(1, 3))]
    operator = random.choice(("=", "!=", ":"))
    if operator == ":" and random.random() < 0.7:
        said = f"({', '.join(_said(random, kind, each) for each in values)})"
    else:
        values = values[:1]
        said = _said(random, kind, values[0])

    def holds(product_id: str, facts: Facts) -> bool:
        there = _there(name, product_id, facts)
        equal = any(type(one) is type(other) and one == other for one in there for other in values)
        return equal if operator != "!=" else not equal

    return Written(f"{_spelt(random, name)} {operator} {said}", holds)


def _comparison(random: Random) -> Written:
    name, kind = _field(random, ("number", "time"))
    number = _value(random, kind)
    operator = random.choice(("<", "<=", ">", ">="))

    def holds(product_id: str, facts: Facts) -> bool:
        return any(
            {"<": one < number, "<=": one <= number, ">": one > number, ">=": one >= number}[operator]
            for one in _there(name, product_id, facts)
            if type(one) is float
        )

    return Written(f"{_spelt(random, name)}{operator}{_said(random, kind, number)}", holds)


def _presence(random: Random) -> Written:
    name, _ = _field(random, ("string", "strings", "number", "boolean", "time"))
    return Written(f"{_spelt(random, name)}:*", lambda i, f: bool(_there(name, i, f)))


def _field(random: Random, kinds: tuple[str, ...]) -> tuple[tuple[bool, str], str]:
    """Return a field, whether it is an attribute first, that has one of *kinds*, and which one."""
    fields = [
        *(((False, name), "string") for name in STRING_FIELDS),
        *(((False, name), "number") for name in ("price", "popularity")),
        ((False, "in_stock"), "boolean"),
        ((False, "update_time"), "time"),
        *(((True, name), kind) for name, there in ATTRIBUTES.items() for kind in there),
    ]
    return random.choice([each for each in fields if each[1] in kinds])


def _value(random: Random, kind: str) -> Any:
    if kind == "number":
        return random.choice(NUMBERS)
    if kind == "boolean":
        return random.choice((True, False))
    return float(random.choice(TIMES)) if kind == "time" else random.choice((*STRINGS, "en", "en-GB"))


def _attribute(random: Random, kinds: list[str]) -> Any:
    kind = random.choice(kinds)
    if kind == "strings":
        return tuple(random.choice(STRINGS) for _ in range(random.randint(1, 3)))
    return _value(random, kind)


def _there(name: tuple[bool, str], product_id: str, facts: Facts) -> list[Any]:
    is_attribute, key = name
    value = facts.attributes.get(key) if is_attribute else {**vars(facts), "id": product_id}[key]
    if value is None or value == "":
        return []
    if type(value) is int:
        value = float(value)
    return list(value) if isinstance(value, tuple) else [value]


def _spelt(random: Random, name: tuple[bool, str]) -> str:
    is_attribute, key = name
    if not is_attribute:
        return key
    return (
        f"attributes.{key}"
        if key.isalpha() and random.random() < 0.5
        else f"attributes.{_quoted(random, key)}"
    )


def _said(random: Random, kind: str, value: Any) -> str:
    if kind == "number":
        return repr(value) if random.random() < 0.7 else f"{value:.17e}"
    if kind == "boolean":
        return str(value).lower()
    if kind == "time":
        return f'"{datetime.fromtimestamp(value, UTC).isoformat()}"'
    return (
        value
        if value in {"red", "blue", "en-GB", "红色"} and random.random() < 0.5
        else _quoted(random, value)
    )


def _quoted(random: Random, text: str) -> str:
    quote = random.choice("\"'")
    escaped = text.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\n", "\\n")
    return f"{quote}{escaped}{quote}"
