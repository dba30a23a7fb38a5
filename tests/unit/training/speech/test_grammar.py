"""What sentences of a grammar mean."""

import pytest

from training.speech.grammar import Choice, Phrase, Slot, optional, slots_of, vocabulary, words

SIZE = Slot("size", Choice((words("small"), words("twelve ounce"))))
ORDER = Phrase((words("a"), optional(SIZE), Slot("drink", words("iced coffee")), optional(words("please"))))


@pytest.mark.parametrize(
    ("sentence", "slots"),
    [
        ("a twelve ounce iced coffee", {"size": "twelve ounce", "drink": "iced coffee"}),
        ("A small  iced coffee please", {"size": "small", "drink": "iced coffee"}),
        ("a iced coffee", {"drink": "iced coffee"}),
        ("a small", None),
        ("a small iced coffee please now", None),
        ("", None),
    ],
)
def test_a_sentence_fills_slots_with_its_words(sentence, slots):
    """The words that were said inside a slot are its value; what is no sentence of the grammar means nothing."""
    assert slots == slots_of(sentence, ORDER)


def test_a_slot_may_have_a_value_of_its_own():
    """However it is said, the value is the one that the slot names."""
    grammar = Slot("material", Choice((words("wooden"), words("made of wood"))), "wood")

    assert {"material": "wood"} == slots_of("made of wood", grammar)


def test_the_first_parse_counts():
    """Of two readings the one that the grammar names first is taken."""
    grammar = Choice((Slot("first", words("red")), Slot("second", words("red"))))

    assert {"first": "red"} == slots_of("red", grammar)


def test_the_vocabulary_is_every_word_once():
    """Words are sorted and none is missing."""
    assert ["a", "coffee", "iced", "ounce", "please", "small", "twelve"] == vocabulary(ORDER)
