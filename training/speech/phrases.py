"""What words mean wherever they stand: for what is heard without a grammar.

A phrase gives a slot its value: ("dark", "red") → ("colour", "burgundy"). The longest phrase wins, so that "coffee
cup" is not taken for "coffee".
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from training.speech.grammar import Slots

Ways: TypeAlias = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Slot → value → the ways to say it, in lower case: {"material": {"wood": ("wooden", "made of wood")}}."""

NOT = "not_"
"""What the name of a slot begins with that holds what is not wanted."""
DENIALS = ("not", "no", "without", "anything but")
_DENIALS = frozenset(tuple(each.split()) for each in DENIALS)
_WITH = "with "

NO_WAYS: Ways = MappingProxyType({})


def spotted(sentence: str, ways: Ways) -> Slots:
    """Return the slots that phrases in *sentence* fill, from left to right; the first value of a slot counts.

    A phrase behind a denial ("not leather", "without dots") fills the slot of what is not wanted.
    """
    meanings = _meanings(ways)
    denied = meanings | {
        tuple(way.split()): (name, value)
        for name, values in ways.items()
        for value, said in values.items()
        for way in bare(said)
    }
    said = tuple(sentence.lower().split())
    slots: dict[str, str] = {}
    at = 0
    while at < len(said):
        denial, (length, slot) = 0, _longest(said, at, meanings)
        if slot is None:
            denial = next((words for words in (2, 1) if said[at : at + words] in _DENIALS), 0)
            length, slot = _longest(said, at + denial, denied) if denial else (0, None)
        if slot is not None:
            name, value = slot
            slots.setdefault(f"{NOT}{name}" if denial else name, value)
        at += max(denial + length, 1)
    return slots


def bare(said: Sequence[str]) -> tuple[str, ...]:
    """Return ways as they stand behind a denial: "with dots" as "dots"; what is a denial itself has none."""
    kept = (way.removeprefix(_WITH) if way.startswith(_WITH) else way for way in said)
    return tuple(dict.fromkeys(way for way in kept if not way.startswith("without ")))


def _longest(
    said: Sequence[str], at: int, meanings: Mapping[tuple[str, ...], tuple[str, str]]
) -> tuple[int, tuple[str, str] | None]:
    """Return how many words from *at* on are the longest phrase, and what it means; 0 and None where none begins."""
    for length in range(max(map(len, meanings), default=0), 0, -1):
        meant = meanings.get(tuple(said[at : at + length]))
        if meant is not None:
            return length, meant
    return 0, None


def speakable(text: str) -> str:
    """Return the words of *text* that can be said: lower case, no punctuation."""
    return " ".join(re.findall(r"[a-z0-9]+(?:['-][a-z0-9]+)*", text.lower()))


def _meanings(ways: Ways) -> dict[tuple[str, ...], tuple[str, str]]:
    return {
        tuple(way.split()): (name, value)
        for name, values in ways.items()
        for value, said in values.items()
        for way in said
    }
