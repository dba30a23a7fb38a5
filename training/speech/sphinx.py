"""Speech to text by PocketSphinx with its American English acoustic model, led by a grammar or a language model.

PocketSphinx holds Python's lock while it listens, so whoever wants to listen to several at once needs processes: in
Triton, instances. Measured on real recordings, it asks for care in three places, which this module takes:

- Digital silence and very quiet sounds throw it off, so a sound is brought to one loudness and gets a noise floor.
- Its fast beams lose the right sentence in noise; with a small grammar wide ones cost little.
- One pass errs by chance. Several passes listen, over noise floors and speeds that differ a little; where they differ,
  the sentence that fits all of them best is taken. How many agree, and how much better
  than any sequence of phones the words fit, tells how sure the answer is.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import soxr
from pocketsphinx import Decoder, get_model_path

from training.speech.automaton import automaton_of
from training.speech.grammar import Node, Slots
from training.speech.heard import Wave
from training.speech.pronunciations import missing_pronunciations

Meaning: TypeAlias = Callable[[str], Slots | None]
"""What a sentence means: slot → value; None where it is none of the grammar's."""

RATE_HZ = 16_000
LANGUAGES = ("en",)
_SEARCH = "spoken"
_CHECK = "candidate"
_PHONES = "phones"
# How entries that are no words begin: silence, noise, empty ways.
_NO_WORD = "<[+("
_LOUDNESS = 0.1
_LOUD_PERCENTILE = 95
_FRAME_SAMPLES = 400
_SEED = 1
_NO_SOUND_RMS = 1e-6
# Of a sentence that the sound cannot be; scores of those that it can be are above -30 or so.
_UNFIT = -1e3
# Chosen on the demonstration's "dev" queries: what is right lies above -0.8e-3 a frame, other languages below -1.6e-3.
_FIT_MIDDLE = -1.2e-3
_FIT_SLOPE = 4e3
_EXPONENT_MAX = 50.0


@dataclass(frozen=True)
class Pass:
    """One way to listen.

    Args:
        noise_floor: RMS of the noise that is added, where loud speech has 0.1.
        speed: how much faster the sound is played; pitch changes with it, so that it also makes another speaker.
    """

    noise_floor: float = 1e-3
    speed: float = 1.0


@dataclass(frozen=True)
class SphinxOptions:
    """How PocketSphinx listens; the words are those of its own configuration.

    Args:
        passes: each gives one vote.
        beam: how much less probable than the best a path may be to stay; `pbeam` is the same.
        wbeam: the same for paths that end a word.
        lw: weight of the language against the sound.
    """

    passes: tuple[Pass, ...] = (Pass(3e-3, 0.95), Pass(1e-3, 0.9), Pass(1e-3, 1.0))
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

    def add_words(self, words: Sequence[str], pronunciations: Mapping[str, str] = {}) -> dict[str, str]:
        """Teach it those of *words* that it lacks, by *pronunciations* or else by their letters; return these."""
        made = {word: phones for word, phones in pronunciations.items() if self.phones(word) is None}
        made |= missing_pronunciations([word for word in words if word not in made], self.phones)
        for word, phones in made.items():
            self._decoder.add_word(word, phones, True)
        return made

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

        Where passes differ, each one's sentence is held against the sound of all, and the one that fits best is taken.
        How sure it is, is the share of passes that agree, times how well the sentence fits beside phones in any order.
        They agree as far as they do on what is meant, slot by slot: whether "a" or "the" was said matters to nobody.
        """
        loudness = _loudness(wave)
        if loudness < _NO_SOUND_RMS:
            return NOTHING
        level = wave * np.float32(_LOUDNESS / loudness)
        waves = [_varied(level, each) for each in self.options.passes]
        heard = [self._listen(each) for each in waves]
        sentences = [text for text in dict.fromkeys(each.text for each in heard) if text]
        if not sentences:
            return NOTHING
        text = sentences[0] if len(sentences) == 1 else self._best(sentences, waves)
        meanings = [meaning(each.text) if each.text else None for each in heard]
        first = next(at for at, each in enumerate(heard) if each.text == text)
        shares = _shares(meanings, meanings[first])
        fit = self._fit(heard[first], waves[first])
        return Guess(text, min(shares.values()) * fit, {name: share * fit for name, share in shares.items()})

    def _best(self, sentences: Sequence[str], waves: Sequence[Wave]) -> str:
        """Return the one of *sentences* that is the most probable for all of *waves*; the earliest of equals."""
        scores = {text: self._score(text, waves) for text in sentences}
        self._decoder.activate_search(_SEARCH)
        return max(scores, key=lambda text: scores[text])

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


def _shares(meanings: Sequence[Slots | None], meant: Slots | None) -> dict[str, float]:
    """Return by slot the share of *meanings* that have there what *meant* has, or nothing as it has nothing.

    Without any slot, "" has the share of those that mean anything at all; *meant* that is nothing agrees with none.
    """
    if meant is None:
        return {"": 0.0}
    names = {name for each in meanings if each is not None for name in each} or {""}
    return {
        name: sum(each is not None and each.get(name) == meant.get(name) for each in meanings) / len(meanings)
        for name in names
    }


def _loudness(wave: Wave) -> float:
    """Return the RMS of the loud parts of *wave*."""
    whole = wave[: wave.size // _FRAME_SAMPLES * _FRAME_SAMPLES] if wave.size >= _FRAME_SAMPLES else wave
    frames = whole.reshape(-1, min(_FRAME_SAMPLES, max(whole.size, 1))).astype(np.float64)
    return float(np.percentile(np.sqrt((frames**2).mean(axis=1)), _LOUD_PERCENTILE)) if whole.size else 0.0


def _varied(wave: Wave, how: Pass) -> Wave:
    if how.speed != 1:
        wave = soxr.resample(wave, RATE_HZ * how.speed, RATE_HZ)
    noise = np.random.default_rng(_SEED).standard_normal(wave.size)
    return np.asarray(wave + noise * how.noise_floor, np.float32)
