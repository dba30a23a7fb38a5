"""A second, exact comparison."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from sklearn.covariance import LedoitWolf

from services.search.adapters.in_memory import InMemoryIndex
from services.search.core.rescoring import MEMORY_S, Rescorer
from tests.memory_shop import MemoryShop
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import Reason, Unavailable

COSINE, EUCLIDEAN, MAHALANOBIS = SimilarityMetric
FUSED, IMAGE = SpaceKind.FUSED, SpaceKind.IMAGE
# The worked example of the article.
DOCUMENT = Path(__file__).parents[5] / "docs" / "worked-example.md"
QUERY = (0.25, 0.45, 0.65, 0.85, 1.05)
ITEMS = {"item 1": (0.3, 0.5, 0.7, 0.8, 0.9), "item 2": (0.2, 0.4, 0.6, 0.7, 0.8)}


class CountingIndex(InMemoryIndex):
    """Counts samples; the first one may fail."""

    def __init__(self, *, fails=False):
        super().__init__()
        self.samples = 0
        self._fails = fails

    async def sample(self, collection, limit):
        self.samples += 1
        if self._fails and self.samples == 1:
            raise Unavailable.because_of("milvus")
        return await super().sample(collection, limit)


async def shop_of(vectors, **options):
    dimension = len(next(iter(vectors.values())))
    shop = MemoryShop(dimension, **options)
    for each, vector in vectors.items():
        await shop.put(each, vector)
    return shop


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (COSINE, {"item 2": 0.99728, "item 1": 0.99439}),
        (EUCLIDEAN, {"item 1": 0.18028, "item 2": 0.30414}),
        (MAHALANOBIS, {"item 1": 5.06623, "item 2": 5.80230}),
    ],
)
async def test_the_article_s_example(metric, expected):
    """Two items, whose covariance has rank 1: every metric has an answer, in its own order."""
    shop = await shop_of(ITEMS)

    found = await shop.search(QUERY, rescoring=metric)

    assert list(expected) == [hit.id for hit in found.hits]
    assert expected == pytest.approx({hit.id: hit.rescored for hit in found.hits}, abs=1e-5)
    assert [None, None] == [hit.vector for hit in found.hits]
    if metric is MAHALANOBIS:
        for item, distance in expected.items():
            assert f"| {item} | {distance:.5f} |" in DOCUMENT.read_text("utf-8")


async def test_mahalanobis_by_the_catalogue_s_own_spread():
    """A direction in which products differ much counts less than one in which they hardly do."""
    rng = np.random.default_rng(3)
    vectors = {f"{n:03}": tuple(rng.normal(size=3) * (5, 1, 0.2)) for n in range(200)}
    shop = await shop_of(vectors)
    query = (1.0, 1.0, 1.0)

    found = await shop.search(query, 200, rescoring=MAHALANOBIS, with_vectors=True)

    stored = np.array(list(vectors.values()), np.float32).astype(np.float64)
    inverse = np.linalg.inv(LedoitWolf().fit(stored).covariance_)
    expected = {each: mahalanobis(query, row, inverse) for each, row in zip(vectors, stored, strict=True)}
    assert sorted(expected, key=expected.get) == [hit.id for hit in found.hits]
    assert expected == pytest.approx({hit.id: hit.rescored for hit in found.hits})
    assert all(hit.vector is not None for hit in found.hits)


async def test_only_what_was_found_is_put_in_another_order():
    """The best by the first comparison stay, whatever the second says of others."""
    shop = await shop_of({"same way": (10.0, 0.0), "near": (0.9, 0.5), "nearer": (0.8, 0.6)})

    assert ["near", "same way"] == await shop.ids((1.0, 0.0), 2, rescoring=EUCLIDEAN)


async def test_a_product_without_a_vector_comes_last():
    """What words alone found cannot be compared a second time either, and says so."""
    shop = MemoryShop()
    await shop.put("seen", (1, 0), {IMAGE: [(0, 1)]}, title="lamp")
    await shop.put("unseen", (1, 0), title="red lamp")

    found = await shop.search(
        (1, 0), space=IMAGE, texts=(("red lamp", 1.0),), lexical_weight=0.9, rescoring=COSINE
    )

    assert [("seen", 0.0), ("unseen", None)] == [(hit.id, hit.rescored) for hit in found.hits]


async def test_how_vectors_spread_is_learnt_once():
    """By all who ask at the same time, and anew when it is old."""
    index = CountingIndex()
    await shop_of(ITEMS, index=index)
    collection = await index.collection("shop", FUSED)
    now = [0.0]
    rescorer, query = Rescorer(index, lambda: now[0]), np.array(QUERY, np.float32)

    await asyncio.gather(*(rescorer.compare(collection, query, [query], MAHALANOBIS) for _ in range(3)))
    assert 1 == index.samples

    now[0] = MEMORY_S
    await rescorer.compare(collection, query, [query], MAHALANOBIS)
    assert 2 == index.samples


async def test_what_could_not_be_learnt_is_tried_again():
    """A store that did not answer once is asked by the next search."""
    index = CountingIndex(fails=True)
    shop = await shop_of(ITEMS, index=index)

    with pytest.raises(Unavailable) as caught:
        await shop.search(QUERY, rescoring=MAHALANOBIS)

    assert Reason.DEPENDENCY_UNAVAILABLE == caught.value.reason
    assert 2 == len(await shop.ids(QUERY, rescoring=MAHALANOBIS))


async def test_mahalanobis_is_no_metric_of_an_index(raises_invalid):
    """It is for rescoring only."""
    shop = await shop_of(ITEMS)

    await raises_invalid(shop.search(QUERY, metric=MAHALANOBIS), Reason.FIELD_INVALID, "metric")
