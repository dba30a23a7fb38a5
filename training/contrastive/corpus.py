"""The records of a training as arrays: which belong together, which modalities they have, which split they are in."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.records import MODALITIES, Dataset, Record
from training.data.split import Shares, with_splits
from training.errors import TrainingError

NO_LABEL = -1
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Corpus:
    """N records.

    Args:
        records: all of train and dev.
        groups: int64 [N]; records of equal groups belong together.
        labels: int64 [N], places in label_names, -1 without a label.
        label_names: sorted.
        present: bool [N] by modality.
        train: rows that are learned from.
        dev: rows that are only looked at; may be empty.
    """

    records: tuple[Record, ...]
    groups: Rows
    labels: Rows
    label_names: tuple[str, ...]
    present: Mapping[str, NDArray[np.bool_]]
    train: Rows
    dev: Rows

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return which modalities any record has."""
        return tuple(name for name in MODALITIES if self.present[name].any())

    def digest(self) -> str:
        """Return a name for these records and splits: a checkpoint fits only the data it was made with."""
        described = repr([self.records, self.groups.tolist(), self.train.tolist(), self.dev.tolist()])
        return hashlib.sha256(described.encode()).hexdigest()[:16]


def make_corpus(
    dataset: Dataset, *, modalities: Sequence[str], by_label: bool, shares: Shares, seed: int
) -> Corpus:
    """Arrange the records of *dataset* that have one of *modalities*; the test split is left alone.

    Args:
        dataset: as read.
        modalities: those that have an encoder.
        by_label: whether records of one label belong together.
        shares: of dev and test where the data has no splits.
        seed: of these splits.
    """
    split = with_splits(dataset.records, seed, shares)
    kept = [one for one in split if one.split != "test" and set(one.modalities) & set(modalities)]
    names = tuple(sorted({one.label for one in kept if one.label is not None}))
    places = {name: at for at, name in enumerate(names)}
    labels = np.array([places.get(one.label or "", NO_LABEL) for one in kept], np.int64)
    present = {
        name: np.array([name in modalities and name in one.modalities for one in kept], bool)
        for name in MODALITIES
    }
    is_dev = np.array([one.split == "dev" for one in kept], bool)
    corpus = Corpus(
        records=tuple(kept),
        groups=_groups(kept, labels, by_label=by_label),
        labels=labels,
        label_names=names,
        present=present,
        train=np.flatnonzero(~is_dev),
        dev=np.flatnonzero(is_dev),
    )
    _check(corpus, dataset)
    return corpus


def _groups(records: Sequence[Record], labels: Rows, *, by_label: bool) -> Rows:
    """Number the groups: by label; without one by text, since equal texts cannot be told apart; else alone."""
    numbers: dict[Any, int] = {}
    keys = [
        ("label", int(label)) if by_label and label != NO_LABEL else ("text", one.text or one.id)
        for one, label in zip(records, labels, strict=True)
    ]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def _check(corpus: Corpus, dataset: Dataset) -> None:
    """Refuse what nothing can be learned from."""
    where = dataset.path
    if len(corpus.train) < 2:
        raise TrainingError(
            f"{where}: {len(corpus.train)} records to learn from; training needs at least 2 products"
        )
    train_groups = np.unique(corpus.groups[corpus.train])
    if len(train_groups) < 2:
        only = f" (all are {corpus.label_names[0]!r})" if len(corpus.label_names) == 1 else ""
        raise TrainingError(f"{where}: only one product or class{only}: there is nothing to tell apart")
    paired = sum(corpus.present[name][corpus.train].astype(int) for name in MODALITIES) > 1
    if not np.any(paired) and len(train_groups) == len(corpus.train):
        raise TrainingError(
            f"{where}: no record has two modalities and no two share a label: nothing says what belongs together"
        )
