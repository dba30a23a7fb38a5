"""Test queries and their right answers."""

import pytest

from training.demo.items import items
from training.demo.queries import FIRST_QUERY_VIEW, KINDS, CatalogueTooSmall, queries, right
from training.demo.voices import VOICES_BY_NAME

ITEMS = items()
BY_ID = {item.id: item for item in ITEMS}


@pytest.mark.parametrize("kind", KINDS)
class TestEveryKind:
    def test_deterministic(self, kind):
        """The same seed gives the same queries, and another one gives others."""
        assert queries("test", kind, 20) == queries("test", kind, 20)
        assert queries("test", kind, 20) != queries("test", kind, 20, seed=12)

    @pytest.mark.parametrize("split", ["train", "dev", "test"])
    def test_right_products_in_the_split(self, kind, split):
        """Every query has a right product, and at least one of them belongs to the split."""
        for query in queries(split, kind, 60):
            assert split in {BY_ID[item_id].split for item_id in right(query, ITEMS)}

    def test_count_and_ids(self, kind):
        """As many queries come back as were asked for, each with an id of its own."""
        assert 300 == len({query.id for query in queries("test", kind)})


class TestKinds:
    def test_unknown(self):
        """A kind that does not exist is refused."""
        with pytest.raises(ValueError, match="unknown kind"):
            queries("test", "smell")

    @pytest.mark.parametrize(("kind", "count"), [("text_en", 4), ("composed", 60)])
    def test_catalogue_too_small(self, kind, count):
        """Too few products for a kind are refused, and not searched for ever."""
        with pytest.raises(CatalogueTooSmall):
            queries("test", kind, catalogue=items(count))

    def test_text_names_two_or_three_attributes(self):
        """At least half of the text queries name all three attributes, the others two."""
        named = [len(query.wanted) - 1 for query in queries("test", "text_en")]

        assert {2, 3} == set(named)
        assert named.count(3) >= 150

    def test_photos_are_of_test_products_in_unseen_views(self):
        """A photo shows a product of the split in a view that training never uses, and wants all it shows."""
        for query in queries("test", "photo", 50):
            pictured = BY_ID[query.photo_of]
            assert "test" == pictured.split
            assert query.photo_view >= FIRST_QUERY_VIEW
            assert pictured.combination == tuple(query.wanted.values())

    @pytest.mark.parametrize("kind", ["composed", "photo_text_voice"])
    def test_changed_photo_differs_in_one_attribute(self, kind):
        """The pictured product differs from the wanted ones in one value, and is not itself right."""
        for query in queries("test", kind, 50):
            pictured = BY_ID[query.photo_of]
            wanted = tuple(query.wanted.values())
            assert 1 == sum(one != other for one, other in zip(pictured.combination, wanted, strict=True))
            assert pictured.id not in right(query, ITEMS)

    def test_voices_speak_the_language(self):
        """Spoken queries name a voice of their language."""
        for query in queries("test", "voice", 100):
            assert query.language == VOICES_BY_NAME[query.voice].language
