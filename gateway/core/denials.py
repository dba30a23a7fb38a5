"""What a query does not want: "not leather", "without dots", "anything but red or blue", 不要皮革."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Values = Mapping[str, Sequence[tuple[str, str]]]
"""What may be meant by words in lower case: (attribute, value as the catalogue has it), one or several."""


@dataclass(frozen=True)
class Denial:
    """Words that are not wanted, and where the denial stands in the text.

    Args:
        meant: what of the catalogue the words mean; empty where that is not known.
    """

    start: int
    end: int
    meant: tuple[tuple[str, str], ...] = ()


_NO = re.compile(
    r"(?<!\w)(?:(?:and|but|or)\s+)?(?:not|no|without|non|(?:any|every)thing\s+but|except(?:\s+for)?|other\s+than|"
    r"(?:don't|do\s+not)\s+(?:want|like)|isn't|aren't|avoid)\b[\s-]*"
    r"(?:(?:made\s+(?:of|from)|in|of|with|any|the|an?|it|too|be)\s+){0,3}",
    re.IGNORECASE,
)
_OR = re.compile(r"\s*(?:,|or|nor)\s+(?:(?:made\s+of|in|of|with)\s+)?", re.IGNORECASE)
_CHINESE_NO = re.compile("不想?要|不是|不带|不喜欢|除了|非")
# Words of a denial whose value is not among those known: up to the next of these.
_ENDS = frozenset({"and", "but", "or", "please", "instead", "for", "under", "over", "between", "in", "with"})
_WORDS_MAX = 3
# No longer value is looked for: it is not said in one breath.
_VALUE_CHARACTERS_MAX = 64
# Chinese has no spaces between words, so that one may begin anywhere.
_BEGINNING = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]|[^\x00-\x7f]")
_WORD = re.compile(r"\s*([^\s,.;:!?]+)")


def denials(text: str, values: Values) -> Iterator[Denial]:
    """Yield what *text* does not want, from left to right: of *values*, or of which nothing is known."""
    longest = _longest(values)
    for found in _NO.finditer(text):
        yield from _english(text, found, values, longest)
    for found in _CHINESE_NO.finditer(text):
        end, meant = _value(text, found.end(), values, longest)
        if meant:
            yield Denial(found.start(), end + text.startswith("的", end), meant)


def spotted(text: str, values: Values) -> Iterator[tuple[str, str]]:
    """Yield what of *values* the words of *text* mean, from left to right; the longest phrase wins."""
    longest = _longest(values)
    at = 0
    for word in _BEGINNING.finditer(text):
        if word.start() >= at:
            at, meant = _value(text, word.start(), values, longest)
            yield from meant


def _english(text: str, found: re.Match[str], values: Values, longest: int) -> Iterator[Denial]:
    end, meant = _value(text, found.end(), values, longest)
    if not meant:
        end = _unknown(text, found.end())
        if end > found.end():
            yield Denial(found.start(), end)
        return
    yield Denial(found.start(), end, meant)
    while joined := _OR.match(text, end):
        start, (end, meant) = end, _value(text, joined.end(), values, longest)
        if not meant:
            return
        yield Denial(start, end, meant)


def _value(text: str, start: int, values: Values, longest: int) -> tuple[int, tuple[tuple[str, str], ...]]:
    """Return where the longest of *values* that stands at *start* ends, and what it means; nothing where none does."""
    for end in range(min(len(text), start + longest), start, -1):
        words = text[start:end].lower()
        meant = values.get(words) or values.get(words.removesuffix("s"))
        if meant and not _inside_word(text, end):
            return end, tuple(meant)
    return start, ()


def _longest(values: Values) -> int:
    return min(max(map(len, values), default=0), _VALUE_CHARACTERS_MAX)


def _inside_word(text: str, end: int) -> bool:
    """Return whether *end* parts a word; Chinese has no spaces between words."""
    return 0 < end < len(text) and text[end - 1].isascii() and text[end].isascii() and text[end].isalnum()


def _unknown(text: str, start: int) -> int:
    end = start
    for _ in range(_WORDS_MAX):
        word = _WORD.match(text, end)
        if word is None or word[1].lower() in _ENDS:
            break
        end = word.end()
    return end
