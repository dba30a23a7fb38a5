"""How words sound that a dictionary lacks."""

import pytest

from training.speech.pronunciations import letters_to_phones, missing_pronunciations, pronounce

KNOWN = {"tea": "T IY", "light": "L AY T", "box": "B AA K S", "cup": "K AH P", "chair": "CH EH R"}


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("tea-light", "T IY L AY T"),
        ("cups", "K AH P S"),
        ("chairs", "CH EH R Z"),
        ("boxs", "B AA K S AH Z"),
        ("t-box", "T IY B AA K S"),
        ("3d", "TH R IY D IY"),
        ("café", "K AE F IY"),
        ("--", ""),
        ("红", ""),
    ],
)
def test_known_parts_come_from_the_dictionary(word, phones):
    """Compounds, plurals, single letters and digits are put together; what has no letter has no sound."""
    known = KNOWN | {"cafe": "K AE F IY", "three": "TH R IY"}

    assert phones == pronounce(word, known.get)


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("blick", "B L IH K"),
        ("crate", "K R EY T"),
        ("knob", "N AA B"),
        ("nation", "N AE SH AH N"),
        ("sheet", "SH IY T"),
        ("mopping", "M AA P IH NG"),
        ("zolvex", "Z AA L V EH K S"),
    ],
)
def test_regular_spelling(word, phones):
    """Letters are read as English spells, longest group first; double consonants sound once."""
    assert phones == letters_to_phones(word)


def test_only_what_is_missing():
    """Words that the dictionary has are left to it, and what cannot be said is left out."""
    assert {"cups": "K AH P S"} == missing_pronunciations(["cup", "cups", "--"], KNOWN.get)
