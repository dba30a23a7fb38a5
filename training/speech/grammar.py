"""What may be said, as a tree: words, one after the other, choices among them, and slots that name what they mean.

A slot's value is the words that were said inside it, so "a [large, small] coffee" with the choice in slot `size`
turns "a large coffee" into {"size": "large"}. Sentences are finite: a grammar neither repeats nor refers to itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Node: TypeAlias = "Word | Phrase | Choice | Slot | Rare"
Slots: TypeAlias = Mapping[str, str]


@dataclass(frozen=True)
class Word:
    """One word, in lower case."""

    text: str


@dataclass(frozen=True)
class Phrase:
    """Nodes one after the other; none at all is silence, so a choice with an empty phrase is optional."""

    items: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Choice:
    """One of several nodes."""

    options: tuple[Node, ...]


@dataclass(frozen=True)
class Slot:
    """What is said in *inner* is the value of the slot *name*, or *value* is, where that is not empty."""

    name: str
    inner: Node
    value: str = ""


@dataclass(frozen=True)
class Rare:
    """What is said less often than what else may be said there: *weight* is below 1.

    PocketSphinx weighs the sound far more than the grammar, so that a weight that it heeds is tiny.
    """

    inner: Node
    weight: float


def optional(node: Node) -> Choice:
    """Return *node* or nothing."""
    return Choice((node, Phrase()))


def words(text: str) -> Node:
    """Return the words of *text*, in lower case, one after the other."""
    found = tuple(Word(word) for word in text.lower().split())
    return found[0] if len(found) == 1 else Phrase(found)


def vocabulary(node: Node) -> list[str]:
    """Return every word that can be said, sorted."""
    return sorted(set(_all_words(node, set())))


def slots_of(sentence: str, grammar: Node) -> Slots | None:
    """Return the slots of *sentence* by its first parse in the grammar's order; None when it is not of the grammar."""
    said = sentence.lower().split()
    parses = (filled for end, filled in _parses(grammar, said, 0) if end == len(said))
    return next((dict(filled) for filled in parses), None)


_Filled: TypeAlias = tuple[tuple[str, str], ...]


def _parses(node: Node, said: Sequence[str], start: int) -> Iterator[tuple[int, _Filled]]:
    """Yield where *node* can end when it begins at *start*, and the slots filled on the way."""
    match node:
        case Word(text):
            if start < len(said) and said[start] == text:
                yield start + 1, ()
        case Choice(options):
            for option in options:
                yield from _parses(option, said, start)
        case Slot(name, inner, value):
            for end, filled in _parses(inner, said, start):
                yield end, (*filled, (name, value or " ".join(said[start:end])))
        case Phrase(items):
            yield from _in_turn(items, said, start)
        case Rare(inner):
            yield from _parses(inner, said, start)


def _in_turn(items: tuple[Node, ...], said: Sequence[str], start: int) -> Iterator[tuple[int, _Filled]]:
    if not items:
        yield start, ()
        return
    for middle, before in _parses(items[0], said, start):
        for end, after in _in_turn(items[1:], said, middle):
            yield end, (*before, *after)


def _all_words(node: Node, seen: set[int]) -> Iterator[str]:
    """Yield the words below *node*; a node that several places share is walked once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    match node:
        case Word(text):
            yield text
        case Slot(inner=inner) | Rare(inner=inner):
            yield from _all_words(inner, seen)
        case Phrase(children) | Choice(children):
            for child in children:
                yield from _all_words(child, seen)
