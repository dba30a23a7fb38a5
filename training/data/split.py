"""Splits for data that has none, or no dev split: the same for the same seed, whatever the order of the records."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from training.data.dataset import Record
from training.errors import TrainingError


@dataclass(frozen=True)
class Shares:
    """Which part of the records goes to dev and to test; the others are trained on."""

    dev: float = 0.1
    test: float = 0.1

    def __post_init__(self) -> None:
        if min(self.dev, self.test) < 0 or self.dev + self.test >= 1:
            raise TrainingError(
                f"the shares of dev ({self.dev:g}) and test ({self.test:g}) must be 0 or more, and below 1 together"
            )


def with_splits(
    records: Sequence[Record], seed: int, shares: Shares = Shares(), *, by: str = "id"
) -> tuple[Record, ...]:
    """Return *records*, in their order, each with a split.

    Where no record has a split, all three are made. Where some have, the others are trained on; without a dev split,
    one is taken from what is trained on. A test split that the data has is never changed.

    Args:
        records: of one dataset.
        seed: another one gives other splits.
        shares: at least this part of the records; at least one group where it is above 0.
        by: "id" splits records at random; "label" keeps records of one label together: tests on labels never trained on.

    Raises:
        TrainingError: *by* is neither, or too few groups are there to go round.
    """
    group = group_of(by)
    if any(record.split for record in records):
        records = [replace(record, split=record.split or "train") for record in records]
        shares = Shares(dev=0 if any(one.split == "dev" for one in records) else shares.dev, test=0)
    free = [record for record in records if record.split in {None, "train"}]
    splits = drawn(map(group, free), seed, shares)
    return tuple(
        replace(one, split=splits[group(one)]) if one.split in {None, "train"} else one for one in records
    )


def group_of(by: str) -> Callable[[Record], str]:
    """Return the function that names the group of a record: records of one group are never torn apart."""
    if by == "id":
        return lambda record: record.id
    if by == "label":
        # A record without a label is a group of its own.
        return lambda record: f"={record.label}" if record.label is not None else f"#{record.id}"
    raise TrainingError(f"data is split by id or label, not by {by!r}")


def drawn(groups: Iterable[str], seed: int, shares: Shares) -> dict[str, str]:
    """Return the split of each group: groups in an order drawn by *seed* fill test, then dev, then train."""
    sizes = Counter(groups)
    splits = dict.fromkeys(sizes, "train")
    order = iter(sorted(sizes, key=lambda name: _drawn_place(name, seed)))
    for split, share in (("test", shares.test), ("dev", shares.dev)):
        wanted = share * sizes.total()
        # A hair below the sum, since 0.1 of 30 is a little more than 3 to a computer.
        while wanted > 1e-9 and (group := next(order, None)) is not None:
            splits[group] = split
            wanted -= sizes[group]
    if sizes and "train" not in splits.values():
        raise TrainingError(f"{len(sizes)} groups of records are too few to split into train, dev and test")
    return splits


def _drawn_place(name: str, seed: int) -> bytes:
    """Return a place in the order that depends on nothing but the name and the seed."""
    return hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=16).digest()
