"""PocketSphinx, led by a small grammar, hearing a synthetic voice."""

import numpy as np
import pytest

from training.demo.voices import VOICES_BY_NAME, speak
from training.speech.grammar import Choice, Phrase, Slot, words
from training.speech.sphinx import Pass, Sphinx, SphinxOptions, _shares

GRAMMAR = Phrase(
    (
        words("show me a"),
        Slot("colour", Choice(tuple(words(each) for each in ("red", "blue", "black", "yellow")))),
        Slot("category", Choice(tuple(words(each) for each in ("umbrella", "suitcase", "guitar", "zolvex")))),
    )
)


@pytest.fixture(scope="module")
def sphinx():
    """A decoder of GRAMMAR."""
    decoder = Sphinx(SphinxOptions(passes=(Pass(), Pass(speed=0.95))))
    decoder.add_words(["zolvex"])
    decoder.follow_grammar(GRAMMAR)
    return decoder


@pytest.fixture(scope="module")
def spoken():
    """Return a function that says a sentence."""
    return lambda text: speak(text, VOICES_BY_NAME["en-us"])


@pytest.mark.parametrize("sentence", ["show me a yellow suitcase", "show me a red guitar"])
def test_a_sentence_is_heard(sphinx, spoken, sentence):
    """All passes agree on a clear voice."""
    text, confidence, _ = sphinx.hear(spoken(sentence))

    assert sentence == text
    assert 0.5 < confidence <= 1


def test_loudness_does_not_matter(sphinx, spoken):
    """A whisper of a recording and a loud one are heard alike."""
    wave = spoken("show me a blue umbrella")

    loud, quiet = sphinx.hear(wave), sphinx.hear(wave * np.float32(0.01))

    assert loud[0] == quiet[0]
    assert loud[1] == pytest.approx(quiet[1], abs=1e-3)


def test_a_word_that_the_dictionary_lacks_is_heard(sphinx, spoken):
    """It is said by its letters."""
    assert "Z AA L V EH K S" == sphinx.phones("zolvex")
    assert "show me a red zolvex" == sphinx.hear(spoken("show me a red zolvex"))[0]


@pytest.mark.parametrize(
    "wave", [np.zeros(0), np.zeros(10), np.zeros(16_000)], ids=["none", "short", "silence"]
)
def test_nothing_is_heard_in_silence(sphinx, wave):
    """Digital silence has no words."""
    assert "" == sphinx.hear(wave.astype(np.float32))[0]


def test_noise_and_other_words_are_doubted(sphinx, spoken):
    """What is no sentence of the grammar is forced into one, but hardly believed."""
    noise = np.random.default_rng(0).standard_normal(32_000).astype(np.float32) * 0.1

    assert sphinx.hear(noise)[1] < 0.1
    assert sphinx.hear(spoken("tomorrow morning it will rain all over the mountains"))[1] < 0.5


def test_given_pronunciations_come_first():
    """The letters are asked only where nothing better is known; what the dictionary knows stays."""
    decoder = Sphinx()

    assert {"zolvex": "S OW L"} == decoder.add_words(["zolvex", "red"], {"zolvex": "S OW L", "red": "B L UW"})
    assert "R EH D" == decoder.phones("red")


MEANINGS = [{"colour": "red", "price": "ten"}, {"colour": "red"}, {"colour": "blue", "price": "ten"}]


@pytest.mark.parametrize(
    ("meanings", "meant", "shares"),
    [
        (MEANINGS, MEANINGS[0], {"colour": 2 / 3, "price": 2 / 3}),
        (MEANINGS, MEANINGS[1], {"colour": 2 / 3, "price": 1 / 3}),
        ([{}, {}, None], {}, {"": 2 / 3}),
        ([{"a": "b"}, None], None, {"": 0.0}),
    ],
)
def test_slots_are_voted_on_one_by_one(meanings, meant, shares):
    """What is meant is as sure as passes agree on it, also on a slot that it lacks; no slots are agreed on by all that are heard."""
    assert shares == _shares(meanings, meant)
