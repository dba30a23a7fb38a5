"""Transcribers as files: transcriber.json says how one listens, its neighbours what it listens for.

transcriber.json   {"kind": "pocketsphinx", …} or {"kind": "whisper", …}
grammar.jsgf       the sentences that pocketsphinx hears, with their slots; or else
words.arpa         the word sequences that it hears
words.dict         pronunciations of words that its dictionary lacks, a word and its phones a line
slots.json         slot → value → ways to say it, for what is heard without a grammar
whisper/           a model and its processor, as transformers writes them
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.errors import TrainingError
from training.speech.grammar import Node, Slots, slots_of, vocabulary
from training.speech.heard import Heard, Recogniser, Wave
from training.speech.jsgf import read_jsgf
from training.speech.ngram import ngram_words
from training.speech.phrases import NO_WAYS, Ways, spotted
from training.speech.sphinx import Sphinx, SphinxOptions
from training.speech.takes import Pass

OPTIONS_FILE = "transcriber.json"
GRAMMAR_FILE = "grammar.jsgf"
MODEL_FILE = "words.arpa"
DICTIONARY_FILE = "words.dict"
SLOTS_FILE = "slots.json"
WHISPER_FOLDER = "whisper"


class SphinxRecogniser:
    """PocketSphinx with a grammar, or with a language model and the meanings of phrases."""

    def __init__(
        self,
        sphinx: Sphinx,
        *,
        grammar: "Node | None" = None,
        ways: Ways = NO_WAYS,
        confidence_floor: float = 0.0,
    ) -> None:
        self._sphinx = sphinx
        self._grammar = grammar
        self._ways = ways
        self._floor = confidence_floor
        self.rate_hz = sphinx.rate_hz

    def hear(self, wave: Wave) -> Heard:
        """Return what is said. Of what is too unsure, or no whole sentence of the grammar, the slots that are sure."""
        guess = self._sphinx.hear(wave, self._meaning)
        slots = self._meaning(guess.text) if guess.text else None
        if slots is None:
            return Heard("", 0.0)
        if guess.confidence < self._floor:
            sure = {name: value for name, value in slots.items() if guess.slots[name] >= self._floor}
            return Heard("", guess.confidence, sure)
        return Heard(guess.text, guess.confidence, slots)

    def _meaning(self, text: str) -> Slots | None:
        return spotted(text, self._ways) if self._grammar is None else slots_of(text, self._grammar)


def load_transcriber(folder: Path, device: str = "cpu") -> Recogniser:
    """Return the transcriber in *folder*; *device* is for Whisper.

    Raises:
        TrainingError: a file is missing or says what makes no sense.
    """
    try:
        options = json.loads((folder / OPTIONS_FILE).read_text())
        kind, floor = options["kind"], float(options["confidence_floor"])
        if kind == "pocketsphinx":
            return _sphinx(folder, options, floor)
        if kind == "whisper":
            return _whisper(folder, options, floor, device)
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise TrainingError(f"{folder} holds no transcriber that can be read: {error!r}") from error
    raise TrainingError(f"{folder}: {kind!r} is no kind of transcriber; there are pocketsphinx and whisper")


def _sphinx(folder: Path, options: Mapping[str, Any], floor: float) -> Recogniser:
    said = options["sphinx"]
    passes = tuple(Pass(**each) for each in said["passes"])
    sphinx = Sphinx(SphinxOptions(**{**said, "passes": passes}))
    pronunciations = read_dictionary(folder / DICTIONARY_FILE)
    if (folder / GRAMMAR_FILE).exists():
        grammar = read_jsgf((folder / GRAMMAR_FILE).read_text("utf-8"))
        sphinx.add_words(vocabulary(grammar), pronunciations)
        sphinx.follow_grammar(grammar)
        return SphinxRecogniser(sphinx, grammar=grammar, confidence_floor=floor)
    sphinx.add_words(ngram_words(folder / MODEL_FILE), pronunciations)
    sphinx.follow_model(folder / MODEL_FILE)
    return SphinxRecogniser(sphinx, ways=_ways(folder), confidence_floor=floor)


def _whisper(folder: Path, options: Mapping[str, Any], floor: float, device: str) -> Recogniser:
    # torch and transformers take seconds and hundreds of megabytes: only who needs them pays.
    from training.speech.whisper import WhisperRecogniser

    return WhisperRecogniser(
        folder / WHISPER_FOLDER, language=options["language"], ways=_ways(folder), confidence_floor=floor,
        device=device,
    )  # fmt: skip


def read_dictionary(path: Path) -> dict[str, str]:
    """Return the phones of each word in *path*; a file that is not there has none."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {word: phones.strip() for word, _, phones in (line.partition(" ") for line in lines) if phones}


def _ways(folder: Path) -> Ways:
    path = folder / SLOTS_FILE
    found = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return {name: {value: tuple(ways) for value, ways in values.items()} for name, values in found.items()}
