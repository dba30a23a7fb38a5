"""JSGF, written and read."""

import pytest

from training.errors import TrainingError
from training.speech.automaton import automaton_of
from training.speech.grammar import Choice, Phrase, Slot, Word, optional, slots_of, words
from training.speech.jsgf import read_jsgf, write_jsgf

HEAD = "#JSGF V1.0;\ngrammar shop;\n"


def test_what_is_written_is_read_back():
    """A grammar survives the file: the same sentences with the same slots."""
    colour = Choice(
        (Slot("colour", Choice((words("red"), words("dark red"))), "red"), Slot("colour", words("blue")))
    )
    grammar = Choice(
        (
            Phrase((optional(words("i'd like")), words("a"), colour, Slot("kind", words("t-shirt")))),
            Phrase((words("but"), colour)),
            Phrase(),
        )
    )
    read = read_jsgf(write_jsgf(grammar))

    assert automaton_of(grammar) == automaton_of(read)
    assert {"colour": "red", "kind": "t-shirt"} == slots_of("i'd like a dark red t-shirt", read)
    assert {"colour": "blue"} == slots_of("but blue", read)


def test_a_choice_in_two_places_is_one_rule():
    """What is shared is written once."""
    colour = Choice(tuple(Word(f"colour{at}") for at in range(20)))
    text = write_jsgf(Phrase((colour, Word("and"), colour)))

    assert 1 == text.count("colour7")


def test_the_format_is_understood():
    """Comments, weights, quotes, optional parts, several public rules, tags with and without a value."""
    text = f"""{HEAD}
    // what is asked for
    public <order> = [please] /2.0/ a ( red | /0.5/ "crimson" ) {{colour=red}} <thing> ; /* and
    */ public <bye> = bye <NULL>;
    <thing> = (Chair | side table) {{ category }};
    """
    grammar = read_jsgf(text)

    assert {"colour": "red", "category": "side table"} == slots_of("please a crimson side table", grammar)
    assert {"colour": "red", "category": "chair"} == slots_of("a red chair", grammar)
    assert {} == slots_of("bye", grammar)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<a> = b;", "begins with #JSGF"),
        (f"{HEAD}<a> = b;", "no rule is public"),
        (f"{HEAD}public <a> = <b>;", "there is no rule <b>"),
        (f"{HEAD}public <a> = b <a>;", "<a> refers to itself"),
        (f"{HEAD}public <a> = b+;", "repetition"),
        (f"{HEAD}public <a> = (b;", "not closed"),
        (f"{HEAD}public <a> = b];", "closes nothing"),
        (f"{HEAD}public <a> = {{tag}};", "follows nothing"),
        (f"{HEAD}public <a> = b; what is this", "no rule: 'what is this'"),
    ],
)
def test_what_is_wrong_is_said(text, complaint):
    """A grammar that cannot be followed is refused with the reason."""
    with pytest.raises(TrainingError, match=complaint):
        read_jsgf(text)
