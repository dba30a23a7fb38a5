"""Varied texts: other words, slips and omissions, as often as asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.augment.texts import (
    NEIGHBOURS,
    UNCHANGED,
    TextOptions,
    read_synonyms,
    varied,
    with_synonyms,
    with_typos,
    with_words_dropped,
)
from training.errors import TrainingError

SYNONYMS = {"mug": ("cup", "beaker"), "blue": ("azure",)}


def rng(seed=0):
    return np.random.default_rng(seed)


@given(st.text())
def test_probability_nothing_changes_nothing(text):
    """Not a space, in any script."""
    assert text == varied(text, rng(), UNCHANGED, SYNONYMS)


@given(st.text(), st.integers(0, 99))
def test_a_text_stays_a_text(text, seed):
    """Something is always left of what was something."""
    out = varied(text, rng(seed), TextOptions(1, 1, 0.9), SYNONYMS)

    assert bool(text.strip()) == bool(out.strip())


def test_synonyms_come_from_the_table():
    """Whole words, in the case of the word, other words untouched."""
    seen = {with_synonyms("Mug, blue; mugs", rng(seed), SYNONYMS, 1) for seed in range(30)}

    assert {"Cup, azure; mugs", "Beaker, azure; mugs"} == seen


@given(st.integers(0, 999))
def test_a_typo_is_one_neighbouring_key(seed):
    """The same length, one letter another, and that one beside it on the keyboard; short words stay."""
    text = "A Large blue mug"

    typed = with_typos(text, rng(seed), 1)

    changed = [(old, new) for old, new in zip(text, typed, strict=True) if old != new]
    assert 2 == len(changed)
    assert all(new.lower() in NEIGHBOURS[old.lower()] for old, new in changed)
    assert all(old.isupper() == new.isupper() for old, new in changed)
    assert typed.startswith("A ")
    assert typed.endswith(" mug")


@pytest.mark.parametrize(("key", "beside"), [("q", "wa"), ("a", "qwsz"), ("g", "tyfhvb"), ("m", "njk")])
def test_neighbours_are_those_of_the_keyboard(key, beside):
    """Keys that touch on a QWERTY keyboard are neighbours, and no others."""
    assert set(beside) == set(NEIGHBOURS[key])
    assert all(key in NEIGHBOURS[other] for other in NEIGHBOURS[key])


def test_words_are_dropped_as_often_as_asked():
    """A quarter of many words; the others in their order."""
    words = [f"w{at}" for at in range(4000)]

    kept = with_words_dropped(" ".join(words), rng(), 0.25).split()

    assert pytest.approx(3000, abs=120) == len(kept)
    assert sorted(kept, key=words.index) == kept


def test_one_word_always_stays():
    """A product with no words at all cannot be found."""
    assert with_words_dropped("blue mug", rng(), 1) in {"blue", "mug"}


def test_the_same_seed_gives_the_same_text():
    """Training can be repeated."""
    text = "a large blue mug with a handle made of porcelain"
    first, again, other = (varied(text, rng(seed), TextOptions(1, 0.5, 0.2), SYNONYMS) for seed in (3, 3, 4))

    assert first == again
    assert first != other


def test_a_table_of_synonyms(tmp_path):
    """Read from JSON, found whatever the case."""
    (tmp_path / "s.json").write_text('{"Mug": ["cup"]}')

    assert "a cup" == with_synonyms("a mug", rng(), read_synonyms(tmp_path / "s.json"), 1)


@pytest.mark.parametrize("content", ["{", "[]", '{"a": "b"}', '{"a": [1]}', '{"a": [""]}', b"\xff"])
def test_tables_that_are_none(tmp_path, content):
    """Each is refused with the form that is read."""
    path = tmp_path / "s.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(TrainingError, match=r"s\.json: .*table of synonyms"):
        read_synonyms(path)
