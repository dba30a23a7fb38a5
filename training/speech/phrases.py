"""What words mean wherever they stand: for what is heard without a grammar.

A phrase gives a slot its value: ("dark", "red") → ("colour", "burgundy"). The longest phrase wins, so that "coffee
cup" is not taken for "coffee".
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from training.speech.grammar import Slots

Ways: TypeAlias = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Slot → value → the ways to say it, in lower case: {"material": {"wood": ("wooden", "made of wood")}}."""

NO_WAYS: Ways = MappingProxyType({})


def spotted(sentence: str, ways: Ways) -> Slots:
    """Return the slots that phrases in *sentence* fill, from left to right; the first value of a slot counts."""
    meanings = _meanings(ways)
    longest = max(map(len, meanings), default=0)
    said = tuple(sentence.lower().split())
    slots: dict[str, str] = {}
    at = 0
    while at < len(said):
        length = next((n for n in range(longest, 0, -1) if said[at : at + n] in meanings), 0)
        if length:
            name, value = meanings[said[at : at + length]]
            slots.setdefault(name, value)
        at += max(length, 1)
    return slots


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
