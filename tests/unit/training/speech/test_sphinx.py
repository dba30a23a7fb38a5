"""PocketSphinx, led by a small grammar, hearing a synthetic voice."""

import numpy as np
import pytest

from training.demo.voices import VOICES_BY_NAME, speak
from training.speech.agreement import shares
from training.speech.grammar import Choice, Phrase, Slot, words
from training.speech.sphinx import Sphinx, SphinxOptions, _Heard
from training.speech.takes import Pass

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


def test_variants_are_further_ways_to_say_a_word():
    """They stand behind what the dictionary has, and what was taught is told."""
    decoder = Sphinx()

    assert {"red(2)": "R AE D"} == decoder.add_words(["red"], variants={"red": ["R EH D", "R AE D"]})
    assert ("R EH D", "R AE D") == (decoder.phones("red"), decoder.phones("red(2)"))


def test_sentences_that_mean_the_same_are_not_held_against_each_other(sphinx):
    """They are equally probable, without listening again."""
    assert {"a": 0.5, "the": 0.5} == sphinx._chances({"a": {"b": "c"}, "the": {"b": "c"}}, ())


def test_of_sentences_that_differ_the_one_that_was_said_is_the_most_probable(sphinx, spoken):
    """Each is held against the sound."""
    right, wrong = "show me a red guitar", "show me a blue umbrella"

    chances = sphinx._chances({wrong: {"colour": "blue"}, right: {"colour": "red"}}, [spoken(right)])

    assert 1 == pytest.approx(sum(chances.values()))
    assert chances[right] > 0.99


MEANINGS = [
    ({"colour": "red", "price": "ten"}, 0.5),
    ({"colour": "red"}, 0.3),
    ({"colour": "blue", "price": "ten"}, 0.2),
]


@pytest.mark.parametrize(
    ("meanings", "meant", "shared"),
    [
        (MEANINGS, MEANINGS[0][0], {"colour": 0.8, "price": 0.7}),
        (MEANINGS, MEANINGS[1][0], {"colour": 0.8, "price": 0.3}),
        ([({}, 0.7), (None, 0.3)], {}, {"": 0.7}),
        ([({"a": "b"}, 0.5), (None, 0.5)], None, {"": 0.0}),
    ],
)
def test_slots_are_judged_one_by_one(meanings, meant, shared):
    """What is meant is as sure as sentences agree on it, also on a slot that it lacks; no slots are agreed on by all that mean anything."""
    assert shared == pytest.approx(shares(meanings, meant))


@pytest.mark.parametrize(
    ("texts", "listened"),
    [
        (["the red", "a red", "blue"], 2),
        (["red", "blue", "red"], 3),
        (["", "", "red"], 3),
        (["what", "what", "red"], 3),
    ],
    ids=["the same is meant", "they differ", "silence", "no sentence of the grammar"],
)
def test_others_listen_where_the_first_two_differ(monkeypatch, sphinx, texts, listened):
    """Two that mean the same are enough; two that mean nothing are not."""
    left = iter(texts)
    monkeypatch.setattr(sphinx, "_listen", lambda wave: _Heard(next(left), -1.0, 9))

    heard, _ = sphinx._heard(
        [None] * 3, lambda text: None if text == "what" else {"colour": text.split()[-1]}
    )

    assert texts[:listened] == [each.text for each in heard]
