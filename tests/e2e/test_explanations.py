"""Explanations of the running suite: sums that hold, and places that a second search confirms."""

from math import fsum

import pytest

from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

FULL = pb.SearchProductsRequest.EXPLAIN_LEVEL_FULL
PAGE_SIZE = 20


def photo_of(shop, item_id) -> pb.QueryPart:
    data = (shop.folder / "images" / f"{item_id}-0.jpg").read_bytes()
    return pb.QueryPart(image=types_pb2.Media(data=data))


@pytest.fixture
def mix(shop) -> list[pb.QueryPart]:
    """A photo, words, and a product to keep away from."""
    first, second, *_ = shop.items.values()
    return [
        photo_of(shop, first.id),
        pb.QueryPart(text=f"{second.colour} {second.category}"),
        pb.QueryPart(product_id=second.id, weight=-0.3),
    ]


def chain(shop, parts, **asked) -> list[str]:
    """The ids of all pages."""
    found, token = [], ""
    while not found or token:
        answer = shop.find(*parts, page_size=PAGE_SIZE, page_token=token, **asked)
        found += [result.product.id for result in answer.results]
        token = answer.next_page_token
    return found


ASKED = {
    "as it comes": {},
    "fusion": {"fusion": types_pb2.FUSION_STRATEGY_WEIGHTED_SUM},
    "hybrid": {"lexical_weight": 0.4},
    "ranks": {"lexical_weight": 0.4, "hybrid_fusion": types_pb2.HYBRID_FUSION_RANKS},
    "distance": {"similarity": types_pb2.SIMILARITY_METRIC_EUCLIDEAN},
    "diverse": {"ranking": types_pb2.RANKING_STRATEGY_DIVERSE},
    "rescored": {"rescoring": types_pb2.SIMILARITY_METRIC_MAHALANOBIS},
    "boosted": {
        "boosts": [pb.Boost(name="p", weight=0.3, popularity=pb.Boost.Popularity(half=100))],
        "ranking": types_pb2.RANKING_STRATEGY_SIMILARITY,
    },
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_contributions_add_up(shop, mix, asked):
    """To within 1e-5, on the first page and on the second, whatever is asked."""
    token = ""
    for _ in range(2):
        answer = shop.find(
            *mix,
            page_size=PAGE_SIZE,
            page_token=token,
            explain=pb.SearchProductsRequest.EXPLAIN_LEVEL_CONTRIBUTIONS,
            **asked,
        )
        assert PAGE_SIZE == len(answer.results)
        for result in answer.results:
            contributions = result.explanation.contributions
            assert result.score == pytest.approx(fsum(each.value for each in contributions), abs=1e-5)
            found = [
                each.value
                for each in contributions
                if each.stage in {pb.Contribution.STAGE_VECTOR, pb.Contribution.STAGE_LEXICAL}
            ]
            assert result.scores.hybrid == pytest.approx(fsum(found), abs=1e-5)
            assert {0, 1, 2} == {each.part for each in contributions if each.HasField("part")}
        token = answer.next_page_token


def test_places_without_a_part(shop, mix):
    """The place that is told is the one at which a search without the part shows the product."""
    answer = shop.find(*mix, page_size=PAGE_SIZE, explain=FULL)
    for left_out in range(len(mix)):
        shown = chain(shop, [part for place, part in enumerate(mix) if place != left_out])
        ranks = {product: rank for rank, product in enumerate(shown, start=1)}
        told = {
            result.product.id: each.rank
            for result in answer.results
            for each in result.explanation.counterfactuals
            if each.part == left_out and each.HasField("rank")
        }

        assert {each.product.id: ranks[each.product.id] for each in answer.results} == told


def test_words_and_regions(shop):
    """What the word names matters more than a word that names nothing; so does where the thing is on the picture."""
    item = next(iter(shop.items.values()))
    answer = shop.find(photo_of(shop, item.id), pb.QueryPart(text=f"{item.colour} please"), explain=FULL)
    result = next(each for each in answer.results if each.product.id == item.id)
    words = {each.word: each.importance for each in result.explanation.words}
    first, *_, last = result.explanation.regions

    assert words[item.colour] > words["please"]
    assert (9, {0}) == (len(result.explanation.regions), {each.part for each in result.explanation.regions})
    # The thing is drawn in the middle; a corner shows the ground.
    assert first.importance > last.importance
    assert abs((first.region.left + first.region.right) / 2 - 0.5) < 0.4


def test_a_region(shop):
    """Of a photo one region alone can be looked at; one without area is refused by name."""
    item = next(iter(shop.items.values()))
    whole = photo_of(shop, item.id)
    whole.region.CopyFrom(types_pb2.BoundingBox(left=0.1, top=0.1, right=0.9, bottom=0.9))

    answer = shop.find(whole, page_size=5)

    assert item.id in [result.product.id for result in answer.results]
