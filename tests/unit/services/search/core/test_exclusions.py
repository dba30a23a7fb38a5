"""Hard exclusions."""

import numpy as np
import pytest

from services.search.core import exclusions
from services.search.core.query import ExcludedVector, FacetWish
from tests.memory_shop import MemoryShop, at
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import Reason
from triptych.vocabulary.vectors import Vector

FUSED, IMAGE, AUDIO = SpaceKind.FUSED, SpaceKind.IMAGE, SpaceKind.AUDIO
X = (1.0, 0.0)


@pytest.fixture
async def shop():
    shop = MemoryShop()
    await shop.put("a", at(0.9), {IMAGE: [(0, 1), (1, 0)]}, title="leather shoe", group_id="shoe")
    await shop.put("b", at(0.8), {IMAGE: [(0, 1)]}, title="canvas shoe", group_id="shoe")
    await shop.put("c", at(0.7), title="leather bag")
    await shop.put("d", at(0.6), title="shoe lace of leather")
    await shop.put("e", at(0.5), title="bag")
    return shop


def numbers(values):
    return np.array(values, np.float32)


def near(values, similarity, space=FUSED):
    return (ExcludedVector(Vector(numbers(values), "p-1/text"), similarity, space),)


async def test_ids_are_left_out(shop):
    """Products by name, and as many others as were wanted."""
    assert ["c", "d"] == await shop.ids(X, 2, excluded_ids=("a", "b", "unknown"))


async def test_variants_are_left_out_with_a_product(shop):
    """Everything of its group; a product without one alone."""
    assert ["c", "d", "e"] == await shop.ids(X, excluded_variants_of=("a",))
    assert ["a", "b", "d", "e"] == await shop.ids(X, excluded_variants_of=("c",))


@pytest.mark.parametrize("named_max", [1, 10_000])
async def test_products_with_all_words_of_a_text_are_left_out(shop, monkeypatch, named_max):
    """One that has some of them stays; and so it is where too many have any word to be named beforehand."""
    monkeypatch.setattr(exclusions, "NAMED_MAX", named_max)

    assert ["b", "c", "e"] == await shop.ids(X, excluded_texts=("leather shoe",))
    assert ["b"] == await shop.ids(X, excluded_texts=("leather shoe", "bag"))


async def test_products_near_to_a_vector_are_left_out(shop):
    """From the cosine on that was given, in the space that was given, by their nearest view."""
    assert ["d", "e"] == await shop.ids(X, excluded_vectors=near(X, 0.65))
    assert ["b", "c", "d", "e"] == await shop.ids(X, excluded_vectors=near((2, 0), 0.99, IMAGE))
    assert ["c", "d", "e"] == await shop.ids(X, excluded_vectors=near((0, 3), 0.99, IMAGE))
    assert 5 == len(await shop.ids(X, excluded_vectors=near(X, 0.0, AUDIO)))


async def test_nearness_is_a_cosine_where_the_index_has_distances():
    """Vectors that the index compares by distance are compared once more."""
    shop = MemoryShop(metric=SimilarityMetric.EUCLIDEAN)
    await shop.put("far, same way", (100, 0))
    await shop.put("close, other way", (1, 1))

    assert ["close, other way"] == await shop.ids(X, excluded_vectors=near(X, 0.9))


@pytest.mark.parametrize(
    "excluded",
    [
        {"excluded_ids": ("a", "c")},
        {"excluded_texts": ("leather",)},
        {"excluded_vectors": near(X, 0.75)},
        {"excluded_variants_of": ("b",)},
    ],
)
async def test_exclusions_hold_in_every_way_of_looking(shop, excluded):
    """By words, by name, by field and among given products alike."""
    hidden = set("abcde") - set(await shop.ids(X, **excluded))

    assert hidden
    for wishes in (
        {"texts": (("leather shoe", 1.0),)},
        {"values": X, "texts": (("leather shoe", 1.0),), "lexical_weight": 0.5},
        {"order_by": "price"},
        {"only_ids": tuple("abcde")},
        {"values": X, "only_ids": tuple("abcde")},
        *({"values": X, "texts": ((each, 1.0),)} for each in "abcde"),
    ):
        assert set() == hidden & set(await shop.ids(**wishes, **excluded))


async def test_counts_are_of_what_is_not_excluded(shop):
    """By id, variant and text exactly; what is near to a vector is counted and the count of facets says so."""
    wishes = {"counted": True, "facets": (FacetWish("group_id"),)}

    found = await shop.search(X, **wishes, excluded_ids=("a",), excluded_texts=("lace",))
    assert (3, True) == (found.total.number, found.total.is_exact)
    assert ((("shoe", 1),), True) == (found.facets[0].counts, found.facets[0].is_exact)

    found = await shop.search(X, **wishes, excluded_vectors=near(X, 0.85))
    assert (5, True) == (found.total.number, found.total.is_exact)
    assert ((("shoe", 2),), False) == (found.facets[0].counts, found.facets[0].is_exact)


async def test_a_total_of_what_cannot_be_counted_is_a_lower_bound(shop, monkeypatch):
    """Where too many have a word of an excluded text, only what was found is sure."""
    monkeypatch.setattr(exclusions, "NAMED_MAX", 1)

    found = await shop.search(X, 1, counted=True, excluded_texts=("leather",))

    assert (1, False) == (found.total.number, found.total.is_exact)


async def test_a_vector_that_fits_nothing_is_refused(shop, raises_invalid):
    """The excluded vector is named by its place."""
    fits = near(X, 0.5)[0]
    other_pack = ExcludedVector(Vector(numbers(X), "q-1/text"), 0.5, FUSED)
    too_long = ExcludedVector(Vector(numbers((1, 2, 3)), "p-1/text"), 0.5, IMAGE)

    await raises_invalid(
        shop.search(X, excluded_vectors=(fits, other_pack)),
        Reason.SPACE_MISMATCH,
        "excluded_vectors[1].vector.space",
    )
    await raises_invalid(
        shop.search(X, excluded_vectors=(too_long,)),
        Reason.DIMENSION_MISMATCH,
        "excluded_vectors[0].vector.dimension",
    )
