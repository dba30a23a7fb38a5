"""The worked example of the article behind the project (section 4.3), with the sum as it truly is."""

import pytest

from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import FailedPrecondition, Reason

FUSED = SpaceKind.FUSED
COSINE, EUCLIDEAN = SimilarityMetric.COSINE, SimilarityMetric.EUCLIDEAN

WORDS = (0.1, 0.2, 0.3, 0.4, 0.5)
PICTURE = (0.1, 0.15, 0.2, 0.25, 0.3)
VOICE = (0.05, 0.1, 0.15, 0.2, 0.25)
QUERY = tuple(sum(each) for each in zip(WORDS, PICTURE, VOICE, strict=True))
ITEMS = {"item 1": (0.3, 0.5, 0.7, 0.8, 0.9), "item 2": (0.2, 0.4, 0.6, 0.7, 0.8)}


async def catalogue(new_shop, metric):
    """Raw vectors, of any length: a catalogue is indexed by one metric."""
    shop = new_shop(dimension=5, metric=metric, unit_length=False)
    await shop.write([shop.record(name, {FUSED: [values]}) for name, values in ITEMS.items()])
    return shop


async def test_the_article_s_query_by_cosine(new_shop):
    """By cosine, item 2 is nearer."""
    shop = await catalogue(new_shop, COSINE)

    found = await shop.search(FUSED, QUERY, COSINE, with_vectors=True)

    assert ["item 2", "item 1"] == [hit.id for hit in found.hits]
    assert [0.99728, 0.99439] == pytest.approx([hit.similarity for hit in found.hits], abs=1e-5)
    # Raw vectors come back as they were written, whatever the index made of them.
    assert ITEMS["item 2"] == pytest.approx(found.hits[0].vector.values.tolist())
    with pytest.raises(FailedPrecondition) as caught:
        await shop.search(FUSED, QUERY, EUCLIDEAN)
    assert (Reason.SIMILARITY_NOT_INDEXED, "metric") == (caught.value.reason, caught.value.field)


async def test_the_article_s_query_by_distance(new_shop):
    """By Euclidean distance, item 1 is nearer."""
    shop = await catalogue(new_shop, EUCLIDEAN)

    found = await shop.search(FUSED, QUERY, EUCLIDEAN)

    assert ["item 1", "item 2"] == [hit.id for hit in found.hits]
    assert [0.18028, 0.30414] == pytest.approx([hit.similarity for hit in found.hits], abs=1e-5)
    with pytest.raises(FailedPrecondition):
        await shop.search(FUSED, QUERY, COSINE)
