"""Splits drawn by seed."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.dataset import Record
from training.data.split import Shares, with_splits
from training.errors import TrainingError


def records(count, labels=5, split=None):
    return [Record(f"r{at}", text="x", label=f"l{at % labels}", split=split) for at in range(count)]


def counts(split_records):
    return Counter(record.split for record in split_records)


def test_shares_are_kept():
    """A tenth each for dev and test."""
    assert {"train": 80, "dev": 10, "test": 10} == counts(with_splits(records(100), 1))


def test_few_records_fill_every_split():
    """A tenth of five is one, not none; a tenth of thirty is three, not four."""
    assert {"train": 3, "dev": 1, "test": 1} == counts(with_splits(records(5), 1))
    assert {"train": 24, "dev": 3, "test": 3} == counts(with_splits(records(30), 1))


@given(st.permutations(records(20)), st.integers(0, 5))
def test_the_order_of_the_records_does_not_matter(shuffled, seed):
    """A record's split depends on its id and the seed only."""
    assert {one.id: one.split for one in with_splits(records(20), seed)} == {
        one.id: one.split for one in with_splits(shuffled, seed)
    }


def test_another_seed_gives_other_splits():
    """Seeds differ."""
    assert with_splits(records(100), 1) != with_splits(records(100), 2)


@given(st.integers(3, 40), st.integers(0, 1000))
def test_no_label_is_torn_apart(labels, seed):
    """Split by label, each label is in one split, and every split has one."""
    split = with_splits(records(80, labels), seed, by="label")

    by_label = {}
    for record in split:
        by_label.setdefault(record.label, set()).add(record.split)
    assert all(len(splits) == 1 for splits in by_label.values())
    assert {"train", "dev", "test"} == set(counts(split))


def test_splits_that_are_there_stay():
    """Of a train and a test split, only dev is taken from train."""
    split = with_splits([*records(50, split="train"), Record("t", text="x", split="test")], 3)

    assert {"train": 45, "dev": 5, "test": 1} == counts(split)
    assert "test" == split[-1].split


def test_a_whole_set_of_splits_is_not_touched():
    """Nothing is drawn where train, dev and test are given."""
    given_splits = [Record(name, text="x", split=name) for name in ("train", "dev", "test")]

    assert tuple(given_splits) == with_splits(given_splits, 3)


def test_records_without_a_split_are_trained_on():
    """Where others have one."""
    split = with_splits([Record("a", text="x"), Record("b", text="x", split="dev")], 0)

    assert ["train", "dev"] == [record.split for record in split]


def test_too_few_to_split():
    """Two labels cannot be three splits."""
    with pytest.raises(TrainingError, match="2 groups of records are too few"):
        with_splits(records(20, labels=2), 0, by="label")


@pytest.mark.parametrize(("dev", "test"), [(-0.1, 0.1), (0.5, 0.5), (0.1, 1)])
def test_shares_that_leave_nothing(dev, test):
    """Something must be left to train on."""
    with pytest.raises(TrainingError, match="below 1 together"):
        Shares(dev, test)


def test_by_what():
    """There are two ways."""
    with pytest.raises(TrainingError, match="not by 'price'"):
        with_splits(records(5), 0, by="price")
