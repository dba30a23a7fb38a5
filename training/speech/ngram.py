"""Word sequences of a catalogue as a back-off trigram in ARPA's text format, by pocketsphinx's own builder."""

from collections.abc import Sequence
from pathlib import Path

from pocketsphinx.lm import ArpaBoLM

from training.errors import TrainingError


def write_ngram(sentences: Sequence[str], path: Path) -> None:
    """Count the words, pairs and triples of *sentences* and write their probabilities to *path*.

    Raises:
        TrainingError: there is nothing to count.
    """
    if not any(sentence.strip() for sentence in sentences):
        raise TrainingError("there is no sentence to make a language model from")
    model = ArpaBoLM(text="\n".join(sentences), add_start=True)
    model.compute()
    with path.open("w", encoding="utf-8") as file:
        model.write(file)


def ngram_words(path: Path) -> list[str]:
    """Return the words of the model in *path*, sorted.

    Raises:
        TrainingError: it is no ARPA file.
    """
    lines = iter(path.read_text("utf-8").splitlines())
    if "\\1-grams:" not in lines:  # reads up to it
        raise TrainingError(f"{path} is no language model in ARPA's format")
    words = []
    for line in lines:
        if line.startswith("\\"):
            break
        fields = line.split()
        if len(fields) > 1 and fields[1] not in {"<s>", "</s>"}:
            words.append(fields[1])
    return sorted(words)
