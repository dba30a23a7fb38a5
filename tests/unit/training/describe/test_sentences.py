"""Sentences that a describer learns."""

import pytest

from training.describe.sentences import BEGIN, END, PADDING, first_sentence, framed, train_sentence_tokeniser
from training.errors import TrainingError

TEXTS = ["A red mug.", "Ein großer Becher!", "红色的杯子。", "naïve  spacing"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This red mug. Light and strong.", "This red mug."),
        ("红色的杯子。轻便耐用。", "红色的杯子。"),
        ("Costs 3.50 a piece. Buy two!", "Costs 3.50 a piece."),
        ("  two\nlines", "two"),
        ("one two three four", "one two three"),
        ("", ""),
    ],
)
def test_the_first_sentence_is_what_is_learned(text, expected):
    """Up to the mark that ends it, in any script, and not too many words of it."""
    assert expected == first_sentence(text, words_max=4 if "." in text or "。" in text else 3)


def test_pieces_spell_what_they_were_made_from():
    """Any text comes back exactly, also with letters that the training texts did not have."""
    tokeniser = train_sentence_tokeniser(TEXTS, 300)

    for text in [*TEXTS, "Ω 🏠 never seen"]:
        assert text == tokeniser.decode(tokeniser.encode(text).ids)


def test_sentences_are_framed():
    """Begin, pieces, end, padding; what is too long is cut before its end."""
    tokeniser = train_sentence_tokeniser(TEXTS, 300)

    rows = framed(tokeniser, ["A", "A red mug."], pieces_max=2)

    piece = tokeniser.encode("A").ids[0]
    assert [BEGIN, piece, END, PADDING] == rows[0].tolist()
    assert [BEGIN, *tokeniser.encode("A red mug.").ids[:2], END] == rows[1].tolist()


@pytest.mark.parametrize("sentences", [[], [""]])
def test_nothing_to_say_is_an_error(sentences):
    """Neither no text at all nor an empty one can be learned."""
    tokeniser = train_sentence_tokeniser(TEXTS, 300)

    with pytest.raises(TrainingError, match="text"):
        framed(tokeniser, sentences, 4)
