"""A grammar as the smallest deterministic automaton over words, which a recogniser walks.

Sentences that begin alike share their beginning and those that end alike their end, so a grammar of thousands of
sentences has few states, and the recogniser compares each word once where the grammar may spell it a hundred times.
States are built from the end of the sentence to its beginning and equal ones are one (J. Daciuk et al., Incremental
construction of minimal acyclic finite-state automata, 2000).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

from training.speech.grammar import Choice, Node, Phrase, Rare, Slot, Word


class Arc(NamedTuple):
    """From one state to another by a *word*; None to end the sentence without one."""

    start: int
    end: int
    probability: float
    word: str | None


@dataclass(frozen=True)
class Automaton:
    """States 0 … states-1; sentences go from *start* to *final*."""

    start: int
    final: int
    states: int
    arcs: tuple[Arc, ...]


class _Way(NamedTuple):
    """To which state, and how often beside a way of weight 1."""

    end: int
    weight: float = 1.0


@dataclass(frozen=True)
class _State:
    """By which word which way, and whether a sentence may end here."""

    arcs: Mapping[str, _Way]
    ends: bool


class _Builder:
    """Keeps every state once; a state is named by its number."""

    def __init__(self) -> None:
        self.states: list[_State] = []
        self._numbers: dict[tuple[tuple[tuple[str, _Way], ...], bool], int] = {}
        self._unions: dict[tuple[int, int], int] = {}
        self._built: dict[tuple[int, int], int] = {}

    def state(self, arcs: Mapping[str, _Way], *, ends: bool = False) -> int:
        key = (tuple(sorted(arcs.items())), ends)
        if key not in self._numbers:
            self._numbers[key] = len(self.states)
            self.states.append(_State(dict(arcs), ends))
        return self._numbers[key]

    def union(self, one: int, other: int) -> int:
        """Return the state from which everything can be said that can be from either."""
        if one == other:
            return one
        key = (min(one, other), max(one, other))
        if key not in self._unions:
            left, right = self.states[one], self.states[other]
            joined = dict(left.arcs)
            for word, way in right.arcs.items():
                joined[word] = self._either(joined[word], way) if word in joined else way
            self._unions[key] = self.state(joined, ends=left.ends or right.ends)
        return self._unions[key]

    def _either(self, one: _Way, other: _Way) -> _Way:
        return _Way(self.union(one.end, other.end), max(one.weight, other.weight))

    def build(self, node: Node, after: int) -> int:
        """Return the state from which *node* can be said and then everything from *after*."""
        match node:
            case Word(text):
                return self.state({text: _Way(after)})
            case Rare(inner, weight):
                first = self.states[self.build(inner, after)]
                ways = {word: way._replace(weight=way.weight * weight) for word, way in first.arcs.items()}
                return self.state(ways, ends=first.ends)
            case Slot(inner=inner):
                return self.build(inner, after)
            case Phrase(items):
                return reduce(lambda state, item: self.build(item, state), reversed(items), after)
            case Choice(options):
                # By identity: nodes that the grammar shares are the same object, and comparing trees is slow.
                key = (id(node), after)
                if key not in self._built:
                    built = (self.build(option, after) for option in options)
                    self._built[key] = reduce(self.union, built)
                return self._built[key]


def automaton_of(grammar: Node) -> Automaton:
    """Return the automaton of the sentences of *grammar*.

    Every way out of a state is as probable as the others, but for those that begin what is rare: they have a share of
    that. The rest is not given to the others, so that what is rare stays so where nothing else can be said.
    """
    builder = _Builder()
    first = builder.build(grammar, builder.state({}, ends=True))
    numbers = {state: at for at, state in enumerate(_reachable(builder, first))}
    final = len(numbers)
    arcs = []
    for state, number in numbers.items():
        ways, ends = builder.states[state].arcs, builder.states[state].ends
        whole = sum(way.weight for way in ways.values()) + ends
        arcs += [
            Arc(number, numbers[end], weight / whole, word) for word, (end, weight) in sorted(ways.items())
        ]
        arcs += [Arc(number, final, 1 / whole, None)] * ends
    return Automaton(0, final, final + 1, tuple(arcs))


def _reachable(builder: _Builder, first: int) -> list[int]:
    found, waiting = [first], [first]
    seen = {first}
    while waiting:
        for end, _ in builder.states[waiting.pop()].arcs.values():
            if end not in seen:
                seen.add(end)
                found.append(end)
                waiting.append(end)
    return found
