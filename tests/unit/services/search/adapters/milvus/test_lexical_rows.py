"""Words and article numbers as Milvus's analyser sees them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.search.adapters.milvus.lexical.collections import TEXT_BYTES_MAX
from services.search.adapters.milvus.lexical.rows import number_term, term_of, terms_of, text_of
from services.search.adapters.words import words
from services.search.core.model import Facts


@settings(deadline=None)  # the first Chinese character loads a dictionary
@given(st.text())
def test_a_term_is_letters_and_digits_of_ascii(text):
    """No analyser, whatever it knows of Unicode, takes a word apart or throws it away."""
    for term in [*terms_of(text), number_term(text)]:
        assert term.isascii()
        assert term.isalnum()
        assert term == term.lower()


@settings(deadline=None)  # the first Chinese character loads a dictionary
@given(st.text(), st.text())
def test_two_words_are_two_terms(one, other):
    """Words, and article numbers too, are told apart as they were before."""
    terms = {term_of(word) for word in words(f"{one} {other}")}
    assert len(set(words(f"{one} {other}"))) == len(terms)
    same = one.strip().casefold() == other.strip().casefold()
    assert same == (number_term(one) == number_term(other))
    assert number_term(one) not in terms


def test_a_word_that_looks_like_a_term_is_none():
    """Nobody finds a Chinese word by typing its code."""
    assert term_of("红") != term_of(term_of("红"))
    assert term_of("zz") != "zz"


def test_words_stand_as_often_as_they_weigh_and_the_rest_is_cut():
    """The title is written eight times, and what does not fit is cut between words, from the end of the description."""
    facts = Facts(title="hat", description="warm")
    assert f"{number_term('a')} {'hat ' * 8}warm" == text_of("a", facts)

    long = text_of("a", Facts(title="hat", description="漂亮的连衣裙" * 4000))
    assert TEXT_BYTES_MAX - 100 < len(long.encode()) <= TEXT_BYTES_MAX
    assert {"hat", number_term("a"), *terms_of("漂亮的连衣裙")} >= set(long.split()) - set(terms_of("裙漂亮"))
