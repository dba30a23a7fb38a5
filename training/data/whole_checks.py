"""What only the whole dataset can get wrong: too few records, nothing to tell apart, a split without records."""

from collections import Counter
from collections.abc import Iterator, Sequence

from training.data.dataset import Record
from training.data.reading import bad_data, note
from training.data.report import Problem


def check_whole(name: str, records: Sequence[Record], *, for_training: bool) -> list[Problem]:
    """Return what is wrong with *records* together; *name* is the dataset's, for the problems' places."""
    if not records:
        return [bad_data(name, "there are no records to read", "empty")]
    return [*_splits(name, records), *(_training(name, records) if for_training else ())]


def _splits(name: str, records: Sequence[Record]) -> Iterator[Problem]:
    without = sum(record.split is None for record in records)
    if 0 < without < len(records):
        what = f"{without} of {len(records)} records have no split: they are trained on"
        yield note(name, what, "split_missing")


def _training(name: str, records: Sequence[Record]) -> Iterator[Problem]:
    trained_on = [record for record in records if record.split in {"train", None}]
    if not trained_on:
        yield bad_data(name, "no record is in the split train", "split_empty")
    elif len(trained_on) == 1:
        what = "there is one record to train on; telling products apart needs two or more"
        yield bad_data(name, what, "one_product")
    elif len({record.label or f"\0{record.id}" for record in trained_on}) == 1:
        what = f"all {len(trained_on)} records to train on have the label {trained_on[0].label!r}: nothing to tell apart"
        yield bad_data(name, what, "one_class")
    elif not _tied(trained_on):
        what = "no record has two of text, image and audio, and no label ties records together"
        yield bad_data(name, what, "nothing_paired")


def _tied(records: Sequence[Record]) -> bool:
    """Return whether any two contents are known to match: in one record, or by one label."""
    if any(len(record.modalities) > 1 for record in records):
        return True
    counts = Counter(record.label for record in records if record.label is not None)
    return any(count > 1 for count in counts.values())
