"""Write a transcriber as a Triton model, from a grammar, from a catalogue, or with a Whisper model from a folder."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from training.errors import TrainingError
from training.files import whole, write_whole
from training.speech import transcriber as files
from training.speech.catalogue import Catalogue, catalogue_grammar, catalogue_sentences
from training.speech.grammar import Node, vocabulary
from training.speech.jsgf import write_jsgf
from training.speech.ngram import ngram_words, write_ngram
from training.speech.phrases import NO_WAYS, Ways
from training.speech.sphinx import LANGUAGES, Sphinx, SphinxOptions
from training.speech.takes import RATE_HZ
from training.speech.variants import NO_VARIANTS, VARIANTS, Variants
from training.triton_config import VERSION_FOLDER, ModelConfig, Tensor, write_model

MODEL = "transcriber"
REQUIRES = {"pocketsphinx": ("pocketsphinx",), "whisper": ("transformers", "torch")}
SECONDS_MAX = 30
# What is heard with less confidence is not claimed to be understood; docs/training/speech.md tells what they let through.
SPHINX_FLOOR = 0.5
WHISPER_FLOOR = 0.3
# PocketSphinx holds Python's lock while it listens: a process each.
_SPHINX_INSTANCES = 2
_WHISPER_FILES = ("*.json", "*.safetensors", "*.txt")


def write_grammar_transcriber(
    folder: Path,
    grammar: Node,
    *,
    pack: str,
    version: str,
    options: SphinxOptions | None = None,
    pronunciations: Mapping[str, str] = {},
    variants: Variants = NO_VARIANTS,
    confidence_floor: float = SPHINX_FLOOR,
) -> None:
    """Write to *folder* a transcriber that hears the sentences of *grammar*.

    Args:
        folder: of the model in its pack: …/transcriber.
        grammar: what to hear, and what it means.
        pack: its pack's name.
        version: its pack's version.
        options: how PocketSphinx listens.
        pronunciations: phones of words that its dictionary lacks; those of others are made from their letters.
        variants: further ways to say words.
        confidence_floor: the share of passes that must agree for anything to be claimed; 0 where every speaker says
            something of the grammar, and a guess is better than nothing.

    Raises:
        TrainingError: a word cannot be pronounced, or a file cannot be written.
    """
    words = vocabulary(grammar)
    inside = _sphinx(
        folder,
        options or SphinxOptions(),
        words,
        pronunciations,
        variants,
        confidence_floor,
        pack=pack,
        version=version,
    )
    write_whole(inside / files.GRAMMAR_FILE, write_jsgf(grammar).encode())


def write_catalogue_transcriber(
    folder: Path,
    catalogue: Catalogue,
    *,
    pack: str,
    version: str,
    free: bool = False,
    options: SphinxOptions | None = None,
    pronunciations: Mapping[str, str] = {},
    variants: Variants = VARIANTS,
) -> None:
    """Write to *folder* a transcriber of what shoppers say about *catalogue*.

    Args:
        folder: of the model in its pack: …/transcriber.
        catalogue: what there is to say.
        pack: its pack's name.
        version: its pack's version.
        free: hear any sequence of the words of attributes and titles, by a trigram, in place of the sentences of a
            grammar. A grammar is surer where all that matters are the attributes.
        options: see `write_grammar_transcriber`.
        pronunciations: see there.
        variants: see there.
    """
    if not free:
        write_grammar_transcriber(
            folder, catalogue_grammar(catalogue.ways, priced=catalogue.priced), pack=pack, version=version,
            options=options, pronunciations=pronunciations, variants=variants,
        )  # fmt: skip
        return
    inside = folder / VERSION_FOLDER
    inside.mkdir(parents=True, exist_ok=True)
    with whole(inside / files.MODEL_FILE) as partial:
        write_ngram(catalogue_sentences(catalogue), partial)
    words = ngram_words(inside / files.MODEL_FILE)
    _sphinx(
        folder,
        options or SphinxOptions(),
        words,
        pronunciations,
        variants,
        SPHINX_FLOOR,
        pack=pack,
        version=version,
    )
    _write_json(inside / files.SLOTS_FILE, catalogue.ways)


def write_whisper_transcriber(
    folder: Path, model: Path, *, pack: str, version: str, language: str = "", ways: Ways = NO_WAYS
) -> None:
    """Write to *folder* a transcriber that listens with the Whisper model in the folder *model*.

    Args:
        folder: of the model in its pack: …/transcriber.
        model: a folder as `save_pretrained` writes it, with the processor.
        pack: its pack's name.
        version: its pack's version.
        language: such as "en"; "" leaves it to a multilingual model to find out.
        ways: slots to look for in the transcript.

    Raises:
        TrainingError: *model* holds none, or only weights in files that can run code.
    """
    if not any(model.glob("*.safetensors")):
        raise TrainingError(
            f"{model} holds no .safetensors; other files of weights can run code and are not taken"
        )
    inside = folder / VERSION_FOLDER
    kept = inside / files.WHISPER_FOLDER
    kept.mkdir(parents=True, exist_ok=True)
    for path in sorted(path for pattern in _WHISPER_FILES for path in model.glob(pattern)):
        shutil.copyfile(path, kept / path.name)
    _write_json(inside / files.SLOTS_FILE, ways)
    _write_json(
        inside / files.OPTIONS_FILE,
        {"kind": "whisper", "confidence_floor": WHISPER_FLOOR, "language": language},
    )
    recogniser = files.load_transcriber(inside)  # says what is wrong with it before the pack is sealed
    spoken = (language,) if language else ("any",)
    write_model(folder, _config(recogniser.rate_hz, spoken, pack=pack, version=version, instances=1))


def _sphinx(
    folder: Path,
    options: SphinxOptions,
    words: Sequence[str],
    pronunciations: Mapping[str, str],
    variants: Variants,
    confidence_floor: float,
    *,
    pack: str,
    version: str,
) -> Path:
    """Write all but what is listened for; return the folder that this belongs to."""
    write_model(folder, _config(RATE_HZ, LANGUAGES, pack=pack, version=version, instances=_SPHINX_INSTANCES))
    inside = folder / VERSION_FOLDER
    sphinx = Sphinx(options)
    added = sphinx.add_words(words, pronunciations, variants)
    silent = [word for word in words if sphinx.phones(word) is None]
    if silent:
        raise TrainingError(f"no pronunciation can be made for {', '.join(map(repr, silent[:3]))}")
    said = "".join(f"{word} {phones}\n" for word, phones in sorted(added.items()))
    write_whole(inside / files.DICTIONARY_FILE, said.encode())
    described = {"kind": "pocketsphinx", "confidence_floor": confidence_floor, "sphinx": asdict(options)}
    _write_json(inside / files.OPTIONS_FILE, described)
    return inside


def _config(
    rate_hz: int, languages: Sequence[str], *, pack: str, version: str, instances: int
) -> ModelConfig:
    second = np.zeros(rate_hz, np.float32)
    return ModelConfig(
        name=MODEL,
        serving="transcriber",
        purpose="speech to words and what they mean",
        inputs=(
            Tensor("WAVEFORM", "FP32", (-1,), second),
            Tensor("SAMPLES", "INT32", (1,), np.array([rate_hz], np.int32)),
        ),
        outputs=(
            Tensor("TEXT", "STRING", (1,)),
            Tensor("CONFIDENCE", "FP32", (1,)),
            Tensor("SLOTS", "STRING", (1,)),
        ),
        parameters={
            "pack": pack,
            "version": version,
            "languages": ",".join(languages),
            "sample_rate_hz": str(rate_hz),
            "seconds_max": str(SECONDS_MAX),
        },
        # Each sound is listened to on its own, so that waiting for others would only cost time.
        batch_max=1,
        warm_batches=(1,),
        instances=instances,
    )


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    write_whole(path, (json.dumps(content, indent=1) + "\n").encode())
