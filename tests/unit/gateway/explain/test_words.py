"""The words of a text, and the text without each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.explain.words import WORDS_MAX, words_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("red mug", [("red", "mug"), ("mug", "red")]),
        ("  red \n red  mug ", [("red", "red mug"), ("red", "red mug"), ("mug", "red red")]),
        ("red, mug - 0.5l!", [("red,", "mug - 0.5l!"), ("mug", "red, - 0.5l!"), ("0.5l!", "red, mug -")]),
        ("mug", [("mug", "")]),
        ("mug !!", [("mug", "")]),
        ("Über café", [("Über", "café"), ("café", "Über")]),
        ("红色", [("红色", "")]),
        ("连衣裙", [("连衣裙", "")]),
        ("红色的鞋", [("红色", "的鞋"), ("的鞋", "红色")]),
        ("红色连衣裙", [("红色", "连衣裙"), ("连衣裙", "红色")]),
        ("Nike红色 鞋", [("Nike", "红色 鞋"), ("红色", "Nike 鞋"), ("鞋", "Nike红色")]),
        ("!?", []),
    ],
)
def test_words(text, expected):
    """Words stand between spaces; of Chinese two characters, or three at the end, stand for one."""
    assert expected == words_of(text)


def test_many_words():
    """Only the first words are looked at: each costs an encoding."""
    words = [f"w{number}" for number in range(WORDS_MAX + 5)]

    assert words[:WORDS_MAX] == [word for word, _ in words_of(" ".join(words))]


@given(text=st.text(max_size=60))
def test_any_text(text):
    """Whatever is written: each word stands in it, and something is left out."""
    for word, rest in words_of(text):
        assert word in text
        assert len(rest) < len(text)
        assert "" == rest or any(map(str.isalnum, rest))
