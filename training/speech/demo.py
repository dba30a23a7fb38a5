"""The demonstration pack's transcriber, and how well it hears the demonstration's spoken test queries.

python -m training.speech.demo write triton/model_repository     # then: python -m training.packs.seal triton/model_repository
python -m training.speech.demo measure triton/model_repository [--split test] [--count 100] [--json OUT]
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.demo.queries import queries
from training.demo.vocabulary import ATTRIBUTES, CATEGORIES
from training.demo.voices import VOICES_BY_NAME, speak
from training.speech.catalogue import Catalogue
from training.speech.heard import Recogniser
from training.speech.phrases import Ways, speakable
from training.speech.transcriber import load_transcriber
from training.speech.variants import VARIANTS
from training.speech.write import MODEL, write_catalogue_transcriber
from training.triton_config import VERSION_FOLDER

PACK, VERSION = "triptych-demo", "1"
# Words of the catalogue that the CMU dictionary lacks and whose letters mislead.
PRONUNCIATIONS = {"parasol": "P EH R AH S AO L", "settee": "S EH T IY", "stripy": "S T R AY P IY"}
# How eSpeak's voices, which say the demonstration's queries, sound to the acoustic model: found by holding every change
# of one phone against phrases that are in no query ("below seven hundred pounds without dots").
_ESPEAK = {
    "eight": ("EY TH",),
    "eighty": ("AY T IY",),
    "fifteen": ("F IY F T IY N",),
    "fifty": ("F IY F T IY",),
    "ninety": ("N AA N D IY",),
    "not": ("AA T",),
    "over": ("OW B ER",),
    "wood": ("W OW D",),
}
DEMO_VARIANTS = {
    word: (*VARIANTS.get(word, ()), *_ESPEAK.get(word, ())) for word in sorted({*VARIANTS, *_ESPEAK})
}


@dataclass(frozen=True)
class Answer:
    """What became of one spoken query: words said, words heard wrongly, whether all slots are right, how sure."""

    accent: str
    words: int
    errors: int
    right: bool
    claimed: bool


def demo_ways() -> Ways:
    """Return the English ways to say every value of the demonstration catalogue."""
    attributes = {
        name: {value: _speakable((*each.adjectives, *each.phrases)) for value, each in values.items()}
        for name, values in ATTRIBUTES.items()
    }
    return {"category": {name: _speakable(each.english) for name, each in CATEGORIES.items()}, **attributes}


def write_demo(repository: Path) -> None:
    """Write the transcriber into the model repository."""
    write_catalogue_transcriber(
        repository / MODEL, Catalogue(demo_ways()), pack=PACK, version=VERSION,
        pronunciations=PRONUNCIATIONS, variants=DEMO_VARIANTS,
    )  # fmt: skip


def answers(recogniser: Recogniser, split: str, count: int) -> list[Answer]:
    """Let *recogniser* hear the spoken queries of *split*."""
    found = []
    for query in queries(split, "voice", count):
        heard = recogniser.hear(speak(query.text, VOICES_BY_NAME[query.voice]))
        said = speakable(query.text).split()
        found.append(
            Answer(
                accent="zh" if query.language == "zh" else accent_of(query.voice),
                words=len(said),
                errors=word_errors(said, heard.text.split()),
                right=dict(heard.slots) == dict(query.wanted),
                claimed=bool(heard.text),
            )
        )
    return found


def accent_of(voice: str) -> str:
    """Return "en-us", "en-gb" …: a voice's name without its speaker."""
    return "en-us" if voice.startswith("en-us") else "en-gb"


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """Return how many words must be put in, taken out or changed to make *heard* of *said* (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for at, word in enumerate(said, start=1):
        last, row = row, [at]
        for other, candidate in enumerate(heard, start=1):
            row.append(min(last[other] + 1, row[-1] + 1, last[other - 1] + (word != candidate)))
    return row[-1]


def figures(found: Sequence[Answer]) -> dict[str, float]:
    """Return word accuracy, share of queries with all slots right, share of queries that anything was claimed of.

    What is not claimed counts as heard wrongly. Chinese has no words here, and so no word accuracy.
    """
    words = sum(each.words for each in found)
    accuracy = {"word_accuracy": 1 - sum(each.errors for each in found) / words} if words else {}
    return {
        "queries": len(found),
        **accuracy,
        "slots_right": sum(each.right for each in found) / max(len(found), 1),
        "claimed": sum(each.claimed for each in found) / max(len(found), 1),
    }


def _speakable(ways: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(speakable(way) for way in ways))


def main() -> None:
    """Write or measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("verb", choices=("write", "measure"))
    parser.add_argument("repository", type=Path)
    parser.add_argument("--split", default="test", choices=("test", "dev"))
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if arguments.verb == "write":
        write_demo(arguments.repository)
        return
    recogniser = load_transcriber(arguments.repository / MODEL / VERSION_FOLDER)
    found = answers(recogniser, arguments.split, arguments.count)
    spoken = {
        accent: [each for each in found if each.accent == accent] for accent in ("en-us", "en-gb", "zh")
    }
    english = [each for each in found if each.accent != "zh"]
    report = {name: figures(part) for name, part in {"english": english, **spoken}.items()}
    text = json.dumps(report, indent=2)
    print(text)
    if arguments.json:
        arguments.json.write_text(f"{text}\n")


if __name__ == "__main__":
    main()
