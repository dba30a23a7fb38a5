"""Ranking files: LETOR's, LightGBM's, and what can be wrong with them."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.data.letor import read_letor
from training.errors import TrainingError

LETOR = """# judged by hand
2 qid:10 1:0.5 3:-2e-1 # doc-7
0 qid:10 2:1

1 qid:3 1:1 2:2 3:3
"""


@pytest.fixture
def file(tmp_path):
    """Return a function that writes a file and returns its path."""

    def write(content, name="rank.txt"):
        (tmp_path / name).write_text(content)
        return tmp_path / name

    return write


def test_letor(file):
    """Labels, queries and sparse features; comments and empty lines are passed over."""
    ranking = read_letor(file(LETOR))

    assert [2, 0, 1] == ranking.labels.tolist()
    assert [10, 10, 3] == ranking.queries.tolist()
    np.testing.assert_array_equal(
        np.array([[0.5, 0, -0.2], [0, 1, 0], [1, 2, 3]], np.float32), ranking.features
    )
    assert [slice(0, 2), slice(2, 3)] == list(ranking.groups())


def test_lightgbm(file):
    """Without qid, the file beside it says how many lines each query has."""
    path = file("1 1:1\n0 1:2\n2 1:3\n", "rank.train")
    file("1\n2\n", "rank.train.query")

    assert [0, 1, 1] == read_letor(path).queries.tolist()


def test_a_query_file_by_name(file):
    """It may lie elsewhere."""
    assert [0, 0] == read_letor(file("1 1:1\n0 1:2\n"), file("2\n", "sizes")).queries.tolist()


def test_gzip(tmp_path):
    """Packed files are read as they are, with the sizes beside them."""
    with gzip.open(tmp_path / "rank.gz", "wt") as packed:
        packed.write("1 1:1\n0 1:2\n")
    (tmp_path / "rank.query").write_text("1\n1\n")

    assert [0, 1] == read_letor(tmp_path / "rank.gz").queries.tolist()


def test_features_from_nought(file):
    """A file that has a feature 0 counts from 0, one that has none from 1, unless told."""
    assert (1, 3) == read_letor(file("1 qid:1 0:5 2:7\n")).features.shape
    assert [[5, 7]] == read_letor(file("1 qid:1 1:5 2:7\n")).features.tolist()
    assert [[0, 5, 7]] == read_letor(file("1 qid:1 1:5 2:7\n"), first_feature=0).features.tolist()


def test_a_fixed_number_of_features(file):
    """So that a test file fits the training file."""
    assert (1, 5) == read_letor(file("1 qid:1 2:7\n"), features=5).features.shape


def test_unknown_values(file):
    """NULL and nan are unknown; so is what is left out, if asked for."""
    features = read_letor(file("1 qid:1 1:NULL 2:nan 4:1\n"), missing=np.nan).features

    assert [True, True, True, False] == np.isnan(features[0]).tolist()


def test_a_part_of_the_queries(file):
    """A fold keeps whole queries."""
    assert [1] == read_letor(file(LETOR)).of_queries(np.array([3])).labels.tolist()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "there are no lines"),
        ("# nothing\n\n", "there are no lines"),
        ("1 qid:1 1:1\n-1 qid:1 1:2\n", ":2: the label -1 is out of range: 0 to 31"),
        ("1 qid:1 1:1\n\n99 qid:1 1:2\n", ":3: the label 99 is out of range"),
        ("1.5 qid:1 1:2\n", ":1: the label must be an integer, not '1.5'"),
        ("x qid:1 1:2\n", ":1: the label must be an integer, not 'x'"),
        ("1 qid:a 1:2\n", ":1: the query id must be an integer, not 'a'"),
        ("1 qid:1 1:1\n1 1:2\n", ":2: the line has no qid, but others have"),
        ("1 qid:1 1:1\n1 qid:2 1:1\n1 qid:1 1:1\n", ":3: the lines of query 1 do not stand together"),
        ("1 qid:1 1:2 1:3\n", ":1: a feature stands in the line twice"),
        ("1 qid:1 1:two\n", ":1: feature 1 must be a number, not 'two'"),
        ("1 qid:1 1:inf\n", ":1: feature 1 must be a number, not 'inf'"),
        ("1 qid:1 1:1e39\n", ":1: feature 1 must be a number, not '1e39'"),
        ("1 qid:1 1:\n", ":1: feature 1 must be a number, not ''"),
        ("1 qid:1 a:1\n", ":1: the number of a feature must be an integer, not 'a'"),
        ("1 qid:1 -1:1\n", ":1: features are numbered from 0 or 1"),
        ("1 qid:1\n", "no line has any feature"),
        ("1 1:1\n", "the lines have no qid, and there is no rank.txt.query"),
    ],
)
def test_what_is_wrong_names_file_and_line(file, content, said):
    """One sentence, with the line where there is one."""
    with pytest.raises(TrainingError) as error:
        read_letor(file(content))

    assert f"rank.txt{said}" in str(error.value) or f"rank.txt: {said}" in str(error.value)


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ("1\n1\n", "sizes: the sizes add up to 2, but rank.txt has 3 lines"),
        ("3\nx\n", "sizes:2: a query's size is an integer above 0"),
        ("0\n3\n", "sizes:1: a query's size is an integer above 0"),
    ],
)
def test_bad_query_files(file, sizes, said):
    """The sizes must fit the lines."""
    with pytest.raises(TrainingError, match=said):
        read_letor(file("1 1:1\n1 1:1\n0 1:1\n"), file(sizes, "sizes"))


def test_qid_and_sizes_at_once(file):
    """Which of the two would count is not guessed."""
    with pytest.raises(TrainingError, match="have a qid, so sizes must not be given"):
        read_letor(file(LETOR), file("3\n", "sizes"))


def test_a_feature_beyond_the_fixed_number(file):
    """Is named with its line."""
    with pytest.raises(TrainingError, match=r"rank\.txt:2: the line has a feature beyond 1 to 5"):
        read_letor(file("1 qid:1 1:1\n1 qid:1 6:1\n"), features=5)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
        min_size=1,
        max_size=8,
    )
)
def test_numbers_survive(tmp_path_factory, rows):
    """What is written as text is read back to the last bit of float32."""
    path = tmp_path_factory.mktemp("letor") / "rank.txt"
    lines = (f"1 qid:1 {' '.join(f'{at}:{value!r}' for at, value in enumerate(row, 1))}\n" for row in rows)
    path.write_text("".join(lines))

    np.testing.assert_array_equal(np.array(rows, np.float32), read_letor(path).features)
