"""Speech to text by PocketSphinx with its American English acoustic model, led by a grammar or a language model.

PocketSphinx holds Python's lock while it listens, so whoever wants to listen to several at once needs processes: in
Triton, instances. Measured on real recordings, it asks for care in three places, which this module takes:

- Digital silence and very quiet sounds throw it off, so a sound is brought to one loudness and gets a noise floor.
- Its fast beams lose the right sentence in noise; with a small grammar wide ones cost little.
- One pass errs by chance. Two listen, over noise floors and speeds that differ a little, and the others where these
  differ; then the sentence that fits all of them best is taken. How many agree, and how much better than any sequence
  of phones the words fit, tells how sure the answer is.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from pocketsphinx import Decoder, get_model_path

from training.speech.agreement import shares
from training.speech.automaton import automaton_of
from training.speech.grammar import Node, Slots
from training.speech.heard import Wave
from training.speech.pronunciations import missing_pronunciations
from training.speech.takes import RATE_HZ, Pass, takes
from training.speech.variants import NO_VARIANTS, Variants, numbered

Meaning: TypeAlias = Callable[[str], Slots | None]
"""What a sentence means: slot → value; None where it is none of the grammar's."""

LANGUAGES = ("en",)
_SEARCH = "spoken"
_CHECK = "candidate"
_PHONES = "phones"
# How entries that are no words begin: silence, noise, empty ways.
_NO_WORD = "<[+("
# Of a sentence that the sound cannot be; scores of those that it can be are above -30 or so.
_UNFIT = -1e3
# Chosen on the demonstration's "dev" queries: what is right lies above -0.8e-3 a frame, other languages below -1.6e-3.
_FIT_MIDDLE = -1.2e-3
_FIT_SLOPE = 4e3
_EXPONENT_MAX = 50.0
# By how much a sentence must fit all passes better to be e times as probable; chosen on "tuned" voice queries.
_RIVAL_SCALE = 0.03


@dataclass(frozen=True)
class SphinxOptions:
    """How PocketSphinx listens; the words are those of its own configuration.

    Args:
        passes: each gives one vote; those behind the second listen where the first two differ in what is meant.
        beam: how much less probable than the best a path may be to stay; `pbeam` is the same.
        wbeam: the same for paths that end a word.
        lw: weight of the language against the sound.
    """

    passes: tuple[Pass, ...] = (Pass(3e-3, 0.95), Pass(1e-3, 1.0), Pass(1e-3, 0.9))
    beam: float = 1e-80
    wbeam: float = 1e-60
    lw: float = 6.5


class Guess(NamedTuple):
    """What is heard, how sure that is, and how sure each of its slots is, 0 to 1; what it lacks may be among them."""

    text: str
    confidence: float
    slots: Mapping[str, float]


NOTHING = Guess("", 0.0, {})


class _Heard(NamedTuple):
    """What one pass hears, its log probability in PocketSphinx's own scale, and how many frames are words."""

    text: str
    score: float
    speech_frames: int


class Sphinx:
    """A decoder that hears the sentences of a grammar, or word sequences like those of a language model."""

    rate_hz = RATE_HZ

    def __init__(self, options: SphinxOptions = SphinxOptions()) -> None:
        self.options = options
        self._decoder = Decoder(
            lm=None, cmn="batch", bestpath=False, loglevel="FATAL",
            beam=options.beam, pbeam=options.beam, wbeam=options.wbeam, lw=options.lw,
        )  # fmt: skip
        self._decoder.add_allphone_file(_PHONES, get_model_path("en-us/en-us-phone.lm.bin"))

    def phones(self, word: str) -> str | None:
        """Return how the dictionary says *word*; None where it lacks it."""
        found: str | None = self._decoder.lookup_word(word)
        return found

    def add_words(
        self,
        words: Sequence[str],
        pronunciations: Mapping[str, str] = {},
        variants: Variants = NO_VARIANTS,
    ) -> dict[str, str]:
        """Teach it those of *words* that it lacks, by *pronunciations* or else by their letters, and *variants* of them.

        Returns all that it was taught, with a number behind those that are one more way to say a word.
        """
        made = {word: phones for word, phones in pronunciations.items() if self.phones(word) is None}
        made |= missing_pronunciations([word for word in words if word not in made], self.phones)
        self._add(made)
        further = numbered(words, variants, self.phones)
        self._add(further)
        return made | further

    def _add(self, words: Mapping[str, str]) -> None:
        for word, phones in words.items():
            self._decoder.add_word(word, phones, True)

    def follow_grammar(self, grammar: Node) -> None:
        """Hear the sentences of *grammar* only; its words are to be known."""
        automaton = automaton_of(grammar)
        # PocketSphinx takes a way without a word as a shorter tuple.
        ways = [(*arc[:3], arc.word) if arc.word else arc[:3] for arc in automaton.arcs]
        machine = self._decoder.create_fsg(_SEARCH, automaton.start, automaton.final, ways)
        self._decoder.add_fsg(_SEARCH, machine)
        self._decoder.activate_search(_SEARCH)

    def follow_model(self, path: Path) -> None:
        """Hear sequences of the words in the ARPA file at *path*; its words are to be known."""
        self._decoder.add_lm_file(_SEARCH, str(path))
        self._decoder.activate_search(_SEARCH)

    def hear(self, wave: Wave, meaning: Meaning = lambda text: {"": text}) -> Guess:
        """Return what is heard in *wave*.

        Where passes differ in what is meant, each one's sentence is held against the sound of all, and the one that
        fits best is taken. How sure it is, slot by slot, is the mean of two things: the share of passes that have the
        slot so, and the probability of the sentences that do beside those that do not; times how well the sentence
        fits beside phones in any order. Whether "a" or "the" was said matters to nobody.
        """
        waves = takes(wave, self.options.passes)
        heard, means = self._heard(waves, meaning)
        if not means:
            return NOTHING
        chances = self._chances(means, waves)
        text = max(chances, key=lambda each: chances[each])
        first = next(at for at, each in enumerate(heard) if each.text == text)
        votes = shares([(means.get(each.text), 1 / len(heard)) for each in heard], means[text])
        odds = shares([(means[each], chance) for each, chance in chances.items()], means[text])
        fit = self._fit(heard[first], waves[first])
        sure = {name: fit * (votes[name] + odds[name]) / 2 for name in votes}
        return Guess(text, min(sure.values()), sure)

    def _heard(self, waves: Sequence[Wave], meaning: Meaning) -> tuple[list[_Heard], dict[str, Slots | None]]:
        """Return what each pass hears, and what its sentences mean; when the first two mean the same, no other listens."""
        heard: list[_Heard] = []
        means: dict[str, Slots | None] = {}
        for wave in waves:
            heard.append(self._listen(wave))
            if heard[-1].text:
                means[heard[-1].text] = meaning(heard[-1].text)
            meant = [means.get(each.text) for each in heard]
            if len(meant) > 1 and meant[0] is not None and meant[0] == meant[1]:
                break
        return heard, means

    def _chances(self, means: Mapping[str, Slots | None], waves: Sequence[Wave]) -> dict[str, float]:
        """Return how probable each sentence is beside the others, by all of *waves*; those that mean the same are equal."""
        first, *others = means
        if all(means[each] == means[first] for each in others):
            return dict.fromkeys(means, 1 / len(means))
        scores = {text: self._score(text, waves) for text in means}
        self._decoder.activate_search(_SEARCH)
        most = max(scores.values())
        likely = {text: math.exp((score - most) / _RIVAL_SCALE) for text, score in scores.items()}
        whole = sum(likely.values())
        return {text: each / whole for text, each in likely.items()}

    def _score(self, text: str, waves: Sequence[Wave]) -> float:
        """Return the log probability of *waves* when nothing but *text* can be said."""
        words = text.split()
        ways = [(at, at + 1, 1.0, word) for at, word in enumerate(words)]
        self._decoder.add_fsg(_CHECK, self._decoder.create_fsg(_CHECK, 0, len(words), ways))
        self._decoder.activate_search(_CHECK)
        heard = [self._listen(wave) for wave in waves]
        return sum(each.score if each.text == text else _UNFIT for each in heard)

    def _fit(self, heard: _Heard, wave: Wave) -> float:
        """Return how well the words fit, 0 to 1: a logistic function of their score over that of phones in any order.

        Both are per frame of speech, so that a word in two seconds of hiss does not live on the silence around it.
        """
        self._decoder.activate_search(_PHONES)
        phones = self._listen(wave)
        self._decoder.activate_search(_SEARCH)
        ratio = (heard.score - phones.score) / max(heard.speech_frames, 1)
        return 1 / (1 + math.exp(min(_FIT_SLOPE * (_FIT_MIDDLE - ratio), _EXPONENT_MAX)))

    def _listen(self, wave: Wave) -> _Heard:
        samples = (np.clip(wave, -1, 1) * 32767).astype("<i2")
        self._decoder.start_utt()
        # All at once, so that means and variances are those of the whole sound.
        self._decoder.process_raw(samples.tobytes(), full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        if not found or not found.hypstr:
            return _Heard("", _UNFIT, 0)
        spoken = [part for part in self._decoder.seg() if part.word[0] not in _NO_WORD]
        frames = sum(part.end_frame - part.start_frame + 1 for part in spoken)
        return _Heard(found.hypstr, math.log(found.score), frames)
