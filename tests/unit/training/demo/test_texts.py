"""Titles and queries in English and Chinese."""

import random

import pytest

from training.demo.texts import query_text, title
from training.demo.vocabulary import CATEGORIES, COLOURS, MATERIALS, PATTERNS

WANTED = {"category": "mug", "colour": "blue", "pattern": "striped", "material": "wood"}


def _names_one_of(text, words):
    return any(word.lower() in text.lower() for word in words)


class TestQueryText:
    @pytest.mark.parametrize("seed", range(60))
    def test_names_everything_asked_for(self, seed):
        """Category and all attributes are named, in either language."""
        english = query_text(WANTED, "en", random.Random(seed))
        chinese = query_text(WANTED, "zh", random.Random(seed))

        values = (COLOURS["blue"], PATTERNS["striped"], MATERIALS["wood"])
        assert _names_one_of(english, CATEGORIES["mug"].english)
        assert _names_one_of(chinese, CATEGORIES["mug"].chinese)
        assert all(_names_one_of(english, value.adjectives + value.phrases) for value in values)
        assert all(_names_one_of(chinese, value.chinese) for value in values)

    def test_modifier(self):
        """Without a category only the attribute is named."""
        english = query_text({"colour": "blue"}, "en", random.Random(1)).lower()
        chinese = query_text({"colour": "blue"}, "zh", random.Random(1))

        assert "blue" in english
        assert not _names_one_of(
            english, [name for category in CATEGORIES.values() for name in category.english]
        )
        assert "蓝色" in chinese

    def test_varied(self):
        """One wish is put in many ways."""
        rng = random.Random(0)

        assert len({query_text(WANTED, "en", rng) for _ in range(100)}) > 80
        assert len({query_text(WANTED, "zh", rng) for _ in range(100)}) > 60

    def test_article(self):
        """Plural categories have no article."""
        texts = [
            query_text({"category": "trousers"}, "en", random.Random(seed)).lower() for seed in range(40)
        ]

        assert not any(" a trousers" in text or text.startswith("a ") for text in texts)

    def test_nothing_asked_for(self):
        """A query without an attribute is refused."""
        with pytest.raises(ValueError, match="at least one"):
            query_text({}, "en", random.Random(0))


class TestTitle:
    def test_plain_is_named_sometimes(self):
        """Titles of plain products mention the pattern only now and then."""
        plain = WANTED | {"pattern": "plain"}
        titles = [title(plain, "Norvik", "en", random.Random(seed)) for seed in range(100)]

        words = PATTERNS["plain"].adjectives + PATTERNS["plain"].phrases
        assert 20 < sum(_names_one_of(text, words) for text in titles) < 80
