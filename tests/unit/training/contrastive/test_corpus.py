import dataclasses
from pathlib import Path

import numpy as np
import pytest

from training.contrastive.corpus import make_corpus
from training.data.records import Dataset, Record, Report
from training.data.split import Shares
from training.errors import TrainingError

NONE_KEPT = Shares(0, 0)


def _dataset(*records):
    return Dataset(Path("shop.jsonl"), tuple(records), Report("shop.jsonl"))


def _corpus(*records, by_label=True, shares=NONE_KEPT, modalities=("text", "image")):
    return make_corpus(_dataset(*records), modalities=modalities, by_label=by_label, shares=shares, seed=1)


def _pairs(count):
    return [Record(id=str(at), text=f"text {at}", image=f"{at}.png") for at in range(count)]


def test_records_of_one_label_belong_together(dataset):
    """Groups follow labels where the recipe says so, and records where it does not."""
    records = [
        Record("a", "red mug", label="mug"),
        Record("b", "blue mug", label="mug"),
        Record("c", "hat", label="hat"),
    ]
    assert [0, 0, 1] == _corpus(*records).groups.tolist()
    paired = [dataclasses.replace(one, image=f"{one.id}.png") for one in records]
    assert [0, 1, 2] == _corpus(*paired, by_label=False).groups.tolist()


def test_equal_texts_belong_together_without_labels():
    """Nobody can tell two records apart by the same text: neither is a wrong answer to it."""
    records = [*_pairs(2), Record("x", "text 0", image="x.png")]
    assert [0, 1, 0] == _corpus(*records).groups.tolist()


def test_test_records_are_left_alone():
    """Nothing of the test split is learned from or looked at."""
    records = [*_pairs(3), Record("t", "text t", image="t.png", split="test")]
    assert "t" not in {one.id for one in _corpus(*records).records}


def test_dev_is_kept_aside_where_the_data_has_none():
    """The asked shares become dev and test, and the test records are not in the corpus at all."""
    corpus = _corpus(*_pairs(40), shares=Shares(dev=0.2, test=0.1))
    assert (28, 8, 36) == (len(corpus.train), len(corpus.dev), len(corpus.records))
    assert [] == np.intersect1d(corpus.train, corpus.dev).tolist()


def test_dev_of_the_data_is_kept():
    """Where the data says what is dev, that is it."""
    records = [*_pairs(3), Record("d", "text d", image="d.png", split="dev")]
    corpus = _corpus(*records, shares=Shares(dev=0.5))
    assert [3] == corpus.dev.tolist()


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([Record("a", "one", image="a.png")], "1 records to learn from; training needs at least 2 products"),
        (
            [Record(str(i), image=f"{i}.png", label="mug") for i in range(4)],
            r"one product or class \(all are 'mug'\)",
        ),
        ([Record(str(i), image=f"{i}.png") for i in range(4)], "nothing says what belongs together"),
    ],
)
def test_what_nothing_can_be_learned_from_is_refused(records, message):
    """One product, one class, or records that nothing connects: said before any time is spent."""
    with pytest.raises(TrainingError, match=message):
        _corpus(*records)
