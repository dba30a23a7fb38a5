"""The products of the demonstration catalogue."""

from collections import Counter

import pytest

from training.demo.items import items
from training.demo.vocabulary import ATTRIBUTES, CATEGORIES


class TestItems:
    def test_same_seed_same_products(self):
        """Two draws from one seed are equal, and another seed gives others."""
        assert items(40, seed=1) == items(40, seed=1)
        assert items(40, seed=1) != items(40, seed=2)

    @pytest.mark.parametrize("count", [1, 7, 400, 3600])
    def test_count(self, count):
        """As many products come back as were asked for, each with an id of its own."""
        assert count == len({item.id for item in items(count)})

    def test_too_many(self):
        """More products than combinations allow are refused."""
        with pytest.raises(ValueError, match="at most"):
            items(1_000_000)

    def test_splits_share_no_combination(self):
        """A combination of category, colour, pattern and material is in exactly one split."""
        splits = {}
        for item in items():
            splits.setdefault(item.combination, set()).add(item.split)

        assert {1} == {len(names) for names in splits.values()}
        assert {"train": 720, "dev": 72, "test": 108} == Counter(
            next(iter(names)) for names in splits.values()
        )

    def test_training_has_seen_every_value(self):
        """Every category and every attribute value occurs often in training."""
        train = [item for item in items() if item.split == "train"]

        assert min(Counter(item.category for item in train).values()) >= 60
        assert set(CATEGORIES) == {item.category for item in train}
        for name, values in ATTRIBUTES.items():
            counts = Counter(getattr(item, name) for item in train)
            assert set(values) == set(counts)
            assert min(counts.values()) >= 200
