"""Language models from sentences."""

import pytest

from training.errors import TrainingError
from training.speech.ngram import ngram_words, write_ngram


def test_the_model_knows_the_words(tmp_path):
    """Each word of the sentences is among the model's, once."""
    write_ngram(["a red chair", "a blue chair"], tmp_path / "words.arpa")

    assert ["a", "blue", "chair", "red"] == ngram_words(tmp_path / "words.arpa")


def test_nothing_to_count_is_refused(tmp_path):
    """A model of no sentence would hear nothing."""
    with pytest.raises(TrainingError, match="no sentence"):
        write_ngram(["", " "], tmp_path / "words.arpa")


def test_another_file_is_refused(tmp_path):
    """What is no ARPA file has no words."""
    (tmp_path / "words.arpa").write_text("a b c\n")

    with pytest.raises(TrainingError, match="ARPA"):
        ngram_words(tmp_path / "words.arpa")
