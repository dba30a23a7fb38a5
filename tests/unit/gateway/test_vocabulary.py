"""What a catalogue's products are like, asked rarely."""

import fakes
import pytest

from gateway.core.model.catalog import CatalogFacts
from gateway.core.model.retrieval import Facet, Hits
from gateway.core.vocabulary import FACETS_MAX, MEMORY_S, Vocabularies
from triptych.vocabulary.choices import SpaceKind


class CountingIndex:
    """Has attributes of several kinds; counts every field that it is asked for."""

    def __init__(self, attributes):
        self.attributes = attributes
        self.asked = []

    async def facts(self, catalog):
        return CatalogFacts(self.attributes)

    async def search(self, retrieval):
        self.asked.append(retrieval)
        facets = tuple(Facet(wish.field, (("red", 2), (3.0, 1), ("blue", 1))) for wish in retrieval.facets)
        return Hits((), SpaceKind.FUSED, "", "", facets)


async def test_strings_by_field():
    """Brand, category and the attributes that hold strings, with their strings, most frequent first."""
    index = CountingIndex({"colour": ("string",), "tags": ("strings",), "watts": ("number",)})

    assert {
        "brand": ["red", "blue"],
        "category": ["red", "blue"],
        "colour": ["red", "blue"],
        "tags": ["red", "blue"],
    } == await Vocabularies(index).of("default")


async def test_further_attributes_are_known_by_name():
    """A request counts only so many fields."""
    index = CountingIndex({f"a{at:02}": ("string",) for at in range(20)})
    found = await Vocabularies(index).of("default")

    assert FACETS_MAX == len(index.asked[0].facets)
    assert 22 == len(found)
    assert [] == found["a19"]


async def test_it_is_asked_once_a_minute():
    """A catalogue is remembered for a while, each for itself."""
    index, now = CountingIndex({}), [0.0]
    vocabularies = Vocabularies(index, now=lambda: now[0])
    for catalog in ("one", "one", "two"):
        await vocabularies.of(catalog)
    now[0] = MEMORY_S
    await vocabularies.of("one")

    assert ["one", "two", "one"] == [each.catalog for each in index.asked]


async def test_no_catalogue():
    """A catalogue that does not exist is said to be missing."""
    with pytest.raises(Exception, match="No such catalogue"):
        await Vocabularies(fakes.FakeIndex()).of("nowhere")
