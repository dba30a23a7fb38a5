"""Grammars as automata: the same sentences, in few states."""

from itertools import product

import pytest

from training.speech.automaton import automaton_of
from training.speech.grammar import Choice, Phrase, Word, optional, words


def sentences(automaton):
    """Every sentence with its probability, by walking all ways."""
    found = {}

    def walk(state, said, probability):
        if state == automaton.final:
            found[" ".join(said)] = probability
        for arc in automaton.arcs:
            if arc.start == state:
                walk(arc.end, said + [arc.word] * (arc.word is not None), probability * arc.probability)

    walk(automaton.start, [], 1.0)
    return found


GRAMMAR = Choice(
    (
        Phrase((words("a red"), optional(words("big")), words("chair"))),
        Phrase((words("a"), Choice((Word("red"), Word("blue"))), words("table"))),
        words("a red chair please"),
        Word("chair"),
    )
)


def test_exactly_the_sentences_of_the_grammar():
    """Nothing that can be said is lost, and nothing is added, where beginnings are shared."""
    expected = {
        "a red big chair", "a red chair", "a red table", "a blue table", "a red chair please", "chair",
    }  # fmt: skip
    assert expected == set(sentences(automaton_of(GRAMMAR)))


def test_probabilities_add_up_to_one():
    """All sentences together are certain."""
    assert sum(sentences(automaton_of(GRAMMAR)).values()) == pytest.approx(1)


def test_no_state_has_two_ways_by_the_same_word():
    """The recogniser compares each word once."""
    arcs = automaton_of(GRAMMAR).arcs

    assert len(arcs) == len({(arc.start, arc.word) for arc in arcs})


def test_equal_states_are_one():
    """Sixteen sentences of four free choices need a state a word."""
    digits = Choice((Word("one"), Word("two")))
    automaton = automaton_of(Phrase((digits,) * 4))

    assert 6 == automaton.states  # 4, the state after them, and the end
    assert {" ".join(said) for said in product(("one", "two"), repeat=4)} == set(sentences(automaton))
