"""Further ways to say words."""

import pytest

from training.speech.grammar import vocabulary
from training.speech.phrases import DENIALS
from training.speech.sphinx import Sphinx
from training.speech.variants import VARIANTS, numbered
from training.speech.wishes import limit

KNOWN = {"most": "M OW S T", "most(2)": "M OW S", "not": "N AA T"}


@pytest.mark.parametrize(
    ("variants", "made"),
    [
        ({"most": ["M AH UW S T"]}, {"most(3)": "M AH UW S T"}),
        ({"not": ["N AA T", "N AO T", "N AO T", "AA T"]}, {"not(2)": "N AO T", "not(3)": "AA T"}),
        ({"zolvex": ["Z OW"]}, {}),
        ({}, {}),
    ],
)
def test_variants_stand_behind_what_is_known(variants, made):
    """Each once, numbered as dictionaries do; words that are not said are left out."""
    assert made == numbered(["not", "most", "red"], variants, KNOWN.get)


def test_variants_are_of_words_that_shoppers_say_and_new_to_the_dictionary():
    """A misspelt word, or phones that the dictionary has already, would do nothing."""
    words = [*vocabulary(limit()), *" ".join(DENIALS).split()]

    made = numbered(words, VARIANTS, Sphinx().phones)

    assert sum(map(len, VARIANTS.values())) == len(made)
