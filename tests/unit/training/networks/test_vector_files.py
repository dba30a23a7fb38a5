"""Files of word vectors as GloVe and word2vec write them, and as they arrive broken."""

import re

import numpy as np
import pytest

from training.errors import TrainingError
from training.networks.vector_files import read_word_vectors

VECTORS = {"red": [1.0, 2.0, 3.0], "mug": [0.5, -0.25, 0.0], "词": [-1.0, 1e-3, 7.0]}


def glove(vectors=VECTORS):
    return "".join(f"{word} {' '.join(map(str, numbers))}\n" for word, numbers in vectors.items()).encode()


def word2vec(newline=b"\n", count=3):
    entries = [word.encode() + b" " + np.array(numbers, "<f4").tobytes() for word, numbers in VECTORS.items()]
    return f"{count} 3\n".encode() + newline.join(entries) + newline


@pytest.mark.parametrize(
    "content",
    [glove(), b"3 3\n" + glove(), word2vec(), word2vec(newline=b"")],
    ids=["GloVe", "word2vec text", "word2vec binary", "word2vec binary without newlines"],
)
def test_reads_all_formats(tmp_path, content):
    """Words and numbers are those of the file, in its order."""
    path = tmp_path / "vectors"
    path.write_bytes(content)

    read = read_word_vectors(path, 10)

    assert list(VECTORS) == read.words
    np.testing.assert_allclose(read.vectors, np.array(list(VECTORS.values()), np.float32))


def test_frequent_and_wanted_words_are_kept(tmp_path):
    """The first words of the file, and those of the corpus however far behind; their ranks tell how frequent."""
    path = tmp_path / "vectors"
    path.write_bytes(glove({f"w{at}": [at, 1] for at in range(100)}))

    read = read_word_vectors(path, 2, {"w70", "never"})

    assert (["w0", "w1", "w70"], [0, 1, 70]) == (read.words, read.ranks)


def test_words_with_spaces_and_other_spellings(tmp_path):
    """GloVe has words with spaces; of two spellings of one word the more frequent counts."""
    path = tmp_path / "vectors"
    path.write_bytes(glove({"Mug": [1, 1], "mug": [2, 2], ". . .": [3, 3]}))

    read = read_word_vectors(path, 10)

    assert (["mug", ". . ."], [[1, 1], [3, 3]]) == (read.words, read.vectors.tolist())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (glove() + b"sofa 1 2\n", "line 4: a word and 3 numbers"),
        (glove() + b"sofa 1 2 x\n", "line 4: could not convert"),
        (glove() + b"sofa 1 2 nan\n", "line 4: a number that is not finite"),
        (b"3 3\n" + glove() + b"sofa 1\n", "line 5: a word and 3 numbers"),
        (b"alone\n", "line 1: a word"),
        (b"5 0\n", "line 1: 0 is no dimension"),
        (word2vec(count=9), "word 4 of 9: the file breaks off"),
        (word2vec()[:-6], "word 3 of 3: the file breaks off"),
        (b"", "holds no word vectors"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, content, expected):
    """A broken file is an error that names the line or the word."""
    path = tmp_path / "vectors"
    path.write_bytes(content)

    with pytest.raises(TrainingError, match=re.escape(expected)) as error:
        read_word_vectors(path, 10)
    assert str(path) in str(error.value)


def test_a_file_that_is_not_there(tmp_path):
    """The error names the path."""
    with pytest.raises(TrainingError, match="nowhere"):
        read_word_vectors(tmp_path / "nowhere", 10)
