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

from training.speech.grammar import Choice, Node, Phrase, Slot, Word


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


@dataclass(frozen=True)
class _State:
    """By which word to which state, and whether a sentence may end here."""

    arcs: Mapping[str, int]
    ends: bool


class _Builder:
    """Keeps every state once; a state is named by its number."""

    def __init__(self) -> None:
        self.states: list[_State] = []
        self._numbers: dict[tuple[tuple[tuple[str, int], ...], bool], int] = {}
        self._unions: dict[tuple[int, int], int] = {}
        self._built: dict[tuple[int, int], int] = {}

    def state(self, arcs: Mapping[str, int], *, ends: bool = False) -> int:
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
            for word, end in right.arcs.items():
                joined[word] = self.union(joined[word], end) if word in joined else end
            self._unions[key] = self.state(joined, ends=left.ends or right.ends)
        return self._unions[key]

    def build(self, node: Node, after: int) -> int:
        """Return the state from which *node* can be said and then everything from *after*."""
        match node:
            case Word(text):
                return self.state({text: after})
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
    """Return the automaton of the sentences of *grammar*; every way out of a state is as probable as the others."""
    builder = _Builder()
    first = builder.build(grammar, builder.state({}, ends=True))
    numbers = {state: at for at, state in enumerate(_reachable(builder, first))}
    final = len(numbers)
    arcs = []
    for state, number in numbers.items():
        ways, ends = builder.states[state].arcs, builder.states[state].ends
        probability = 1 / (len(ways) + ends)
        arcs += [Arc(number, numbers[end], probability, word) for word, end in sorted(ways.items())]
        arcs += [Arc(number, final, probability, None)] * ends
    return Automaton(0, final, final + 1, tuple(arcs))


def _reachable(builder: _Builder, first: int) -> list[int]:
    found, waiting = [first], [first]
    seen = {first}
    while waiting:
        for end in builder.states[waiting.pop()].arcs.values():
            if end not in seen:
                seen.add(end)
                found.append(end)
                waiting.append(end)
    return found
