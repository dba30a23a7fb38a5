"""Meanings of phrases, wherever they stand."""

import pytest

from training.speech.phrases import speakable, spotted

WAYS = {
    "category": {"mug": ("mug", "coffee cup"), "coffee": ("coffee",)},
    "colour": {"red": ("red", "dark red"), "blue": ("blue",)},
    "pattern": {"dotted": ("with dots",), "plain": ("without a pattern",)},
}


@pytest.mark.parametrize(
    ("sentence", "slots"),
    [
        ("show me a dark red coffee cup", {"colour": "red", "category": "mug"}),
        ("coffee please", {"category": "coffee"}),
        ("blue not red", {"colour": "blue", "not_colour": "red"}),
        ("anything but dark red", {"not_colour": "red"}),
        ("a mug without handles", {"category": "mug"}),
        ("a mug without dots", {"category": "mug", "not_pattern": "dotted"}),
        ("a mug with dots not blue", {"category": "mug", "pattern": "dotted", "not_colour": "blue"}),
        ("a mug without a pattern", {"category": "mug", "pattern": "plain"}),
        ("not", {}),
        ("dark", {}),
        ("", {}),
    ],
)
def test_the_longest_phrase_wins_and_the_first_value_counts(sentence, slots):
    """Phrases are taken from left to right; a slot keeps what it was given first."""
    assert slots == spotted(sentence, WAYS)


def test_without_phrases_nothing_means_anything():
    """No ways, no slots."""
    assert {} == spotted("a red mug", {})


def test_speakable_words():
    """Punctuation and other scripts go; hyphens and apostrophes inside words stay."""
    assert "women's t-shirt size 3" == speakable("Women's T-Shirt, size 3! 红色 -")
