"""Recommendations, as a client sees them; the other rooms are fakes."""

import asyncio

import grpc
import pytest
from fakes import PACK, FakeIndex, FakeRanker, word_vector
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_status import rpc_status
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.adapters.products import PackedProducts
from gateway.core.model.catalog import ProductRecord, StoredVector
from gateway.core.model.ranking import Ranked
from gateway.core.recommend.recommender import EXCLUDED_MAX, Recommender
from gateway.translate import recommendations
from services.ranker.core import diverse
from services.ranker.core.diverse import DiverseRanker
from triptych.runtime.errors import from_status
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import RankingStrategy, SpaceKind
from triptych.vocabulary.errors import Reason
from triptych.vocabulary.vectors import Vector

NOW_S = 1_800_000_000
DAY_S = 86_400
COLOURS, NOUNS = ("red", "blue", "green"), ("mug cup", "hat brim", "shoe sole", "lamp light")
# All but what everybody buys.
QUIET = 'NOT category = "lamp"'
VIEWED, CARTED, BOUGHT, DISLIKED = (
    types_pb2.EVENT_TYPE_VIEWED,
    types_pb2.EVENT_TYPE_CARTED,
    types_pb2.EVENT_TYPE_BOUGHT,
    types_pb2.EVENT_TYPE_DISLIKED,
)


def event(product_id: str, kind=VIEWED, age_s: float | None = None) -> pb.CustomerEvent:
    time = None if age_s is None else Timestamp(seconds=NOW_S - int(age_s))
    return pb.CustomerEvent(product_id=product_id, type=kind, time=time)


def record_of(product: types_pb2.Product) -> ProductRecord:
    vector = Vector(word_vector(product.title), f"{PACK}/fused")
    return ProductRecord(product.id, product.SerializeToString(), (StoredVector(SpaceKind.FUSED, 0, vector),))


def catalogue() -> dict[str, ProductRecord]:
    """Twelve products: "red-mug" …; lamps are popular, green lamps most."""
    products = [
        types_pb2.Product(
            id=f"{colour}-{noun.split()[0]}",
            title=f"{colour} {noun}",
            category=noun.split()[0],
            popularity=(place + 1) * 10 if noun.startswith("lamp") else 0,
        )
        for place, colour in enumerate(COLOURS)
        for noun in NOUNS
    ]
    return {product.id: record_of(product) for product in products}


@pytest.fixture(scope="module")
def index():
    """The index of the catalogue "default"."""
    return FakeIndex({"default": catalogue()})


@pytest.fixture(scope="module")
def recommend(index):
    """A function that recommends."""
    recommender = Recommender(index, FakeRanker(), PackedProducts(), now=lambda: NOW_S)

    def ask(*events, **more) -> pb.RecommendProductsResponse:
        request = pb.RecommendProductsRequest(events=events, **more)
        return recommendations.response(asyncio.run(recommender.recommend(recommendations.customer(request))))

    return ask


def ids(response: pb.RecommendProductsResponse) -> list[str]:
    return [each.product.id for each in response.results]


class TestStranger:
    def test_gets_what_is_popular(self, recommend):
        """Most popular first, and the reason says so."""
        found = recommend(page_size=3)

        assert ["green-lamp", "blue-lamp", "red-lamp"] == ids(found)
        assert {pb.Recommendation.REASON_POPULAR} == {each.reason for each in found.results}
        assert (0, 0) == (len(found.interests), found.events_used)

    def test_events_of_unknown_products_are_passed_over(self, recommend):
        """As if they had not been sent."""
        assert recommend(page_size=5) == recommend(event("gone"), page_size=5)

    def test_events_of_products_stored_just_now_are_not_waited_for(self, recommend, index):
        """What a quick look-up does not see counts as unknown."""
        index.unseen.add("red-mug")
        try:
            assert recommend(page_size=5) == recommend(event("red-mug"), page_size=5)
        finally:
            index.unseen.clear()


class TestInterests:
    def test_what_is_like_what_was_viewed(self, recommend):
        """Mugs for who looks at mugs, with the interest named."""
        found = recommend(event("red-mug"), event("blue-mug"), page_size=3, filter=QUIET)

        assert {"red-mug", "blue-mug", "green-mug"} == set(ids(found))
        assert ["blue-mug"] == [each.product_id for each in found.interests]
        assert {(pb.Recommendation.REASON_INTEREST, 0)} == {
            (each.reason, each.interest) for each in found.results
        }

    def test_several_interests_are_all_served(self, recommend):
        """Nobody who looks at mugs and hats wants something between the two."""
        found = recommend(
            *(event(f"{c}-{n}") for c in COLOURS for n in ("mug", "hat")), page_size=6, filter=QUIET
        )

        assert {"mug", "hat"} == {each.product.category for each in found.results}
        assert [0.5, 0.5] == [pytest.approx(each.weight) for each in found.interests]

    def test_older_events_count_less(self, recommend):
        """After many half lives the new interest has nearly all of the weight."""
        found = recommend(
            event("red-mug", age_s=300 * DAY_S),
            event("red-hat", age_s=0),
            page_size=1,
            half_life=Duration(seconds=30 * DAY_S),
        )

        assert 0.99 < found.interests[0].weight
        assert ["red-hat", "red-hat"] == [found.interests[0].product_id, *ids(found)]

    def test_ages_are_counted_to_the_time_asked_for(self, recommend):
        """A history is judged as it was then."""
        events = [event("red-mug", age_s=9 * DAY_S), event("red-hat", age_s=0)]
        now, then = (
            recommend(*events, half_life=Duration(seconds=DAY_S)),
            recommend(*events, half_life=Duration(seconds=DAY_S), as_of=Timestamp(seconds=NOW_S - 9 * DAY_S)),
        )

        assert 0.99 < now.interests[0].weight
        assert [0.5, 0.5] == [pytest.approx(each.weight) for each in then.interests]

    def test_what_is_disliked_is_gone_and_pushes_its_like_away(self, recommend):
        """The product never comes, what is like it comes later."""
        seen = [event("blue-mug"), event("blue-hat")]
        before = ids(recommend(*seen, filter=QUIET))
        after = ids(recommend(*seen, event("green-mug", DISLIKED), filter=QUIET))

        assert before.index("red-mug") < before.index("blue-shoe")
        assert after.index("red-mug") > after.index("blue-shoe")
        assert ("green-mug" in before, "green-mug" in after) == (True, False)


class TestBought:
    def test_is_left_out(self, recommend):
        """Unless it is asked for."""
        found = recommend(event("green-lamp", BOUGHT), event("red-mug", BOUGHT), page_size=12)

        assert {"green-lamp", "red-mug"}.isdisjoint(ids(found))
        assert 10 == len(found.results)

    def test_comes_again_where_that_is_asked_for(self, recommend):
        """The strongest habit first, as a habit."""
        found = recommend(
            *[event("red-mug", BOUGHT)] * 4,
            *[event("blue-hat", BOUGHT)] * 5,
            page_size=2,
            include_bought=True,
        )

        assert ["blue-hat", "red-mug"] == ids(found)
        assert {pb.Recommendation.REASON_AGAIN} == {each.reason for each in found.results}

    def test_habits_obey_the_filter(self, recommend, index):
        """What no longer passes is not recommended again."""
        found = recommend(
            event("red-mug", BOUGHT),
            event("blue-hat", BOUGHT),
            include_bought=True,
            filter='category = "mug"',
        )

        assert {"red-mug", "blue-mug", "green-mug"} == set(ids(found))

    def test_more_than_the_index_can_bar(self):
        """Who bought everything gets nothing of it."""
        products = {
            f"p{at:04}": record_of(types_pb2.Product(id=f"p{at:04}", title=f"thing {at % 50}"))
            for at in range(EXCLUDED_MAX + 101)
        }
        recommender = Recommender(
            FakeIndex({"default": products}), FakeRanker(), PackedProducts(), now=lambda: NOW_S
        )
        request = pb.RecommendProductsRequest(
            events=[event(name, BOUGHT) for name in products if name != "p1300"]
        )
        found = asyncio.run(recommender.recommend(recommendations.customer(request)))

        assert ["p1300"] == [each.id for each in found.results]
        assert EXCLUDED_MAX + 100 == found.events_used


class Spreading:
    """The ranker room's own diversity."""

    async def rank(self, strategy, candidates, *, limit, diversity_lambda=None, features=()):
        assert RankingStrategy.DIVERSE is strategy
        ranked = await DiverseRanker().rank(
            [diverse.Candidate(each.hit.id, each.score, each.hit.vector) for each in candidates],
            diverse.Wish(limit, diversity_lambda),
        )
        return Ranked(tuple((each.index, each.score) for each in ranked))


@pytest.fixture(scope="module")
def spread(index):
    """A function that recommends to who looked at a red mug, with some diversity."""
    recommender = Recommender(index, Spreading(), PackedProducts(), now=lambda: NOW_S)

    def ask(**more) -> pb.RecommendProductsResponse:
        request = pb.RecommendProductsRequest(events=[event("red-mug")], filter=QUIET, **more)
        found = asyncio.run(recommender.recommend(recommendations.customer(request)))
        return recommendations.response(found)

    return ask


class TestDiversity:
    """The places are filled with products unlike one another."""

    def test_likeness_alone(self, spread):
        """Mug after mug."""
        found = ids(spread(page_size=3, diversity_lambda=1))

        assert ["red-mug", {"blue-mug", "green-mug"}] == [found[0], set(found[1:])]

    def test_products_unlike_one_another(self, spread):
        """The first stays; the places keep their scores."""
        alike, unlike = (spread(page_size=3, diversity_lambda=each) for each in (1, 0.2))

        assert ["mug", "mug"] == [each.product.category for each in alike.results[:2]]
        assert ("red-mug", False) == (ids(unlike)[0], "mug" == unlike.results[1].product.category)
        assert [each.score for each in alike.results] == [each.score for each in unlike.results]


EVENTS = st.lists(
    st.builds(
        event,
        st.sampled_from([*catalogue(), "gone"]),
        st.sampled_from([VIEWED, CARTED, BOUGHT, DISLIKED]),
        st.none() | st.integers(-DAY_S, 400 * DAY_S),
    ),
    max_size=20,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS, random=st.randoms(use_true_random=False), again=st.booleans(), limit=st.integers(1, 15))
def test_whatever_the_events(recommend, events, random, again, limit):
    """Their order never matters; nothing comes twice; what is disliked, bought or filtered out never comes."""
    more = {"include_bought": again, "page_size": limit, "filter": 'NOT category = "shoe"'}
    found = recommend(*events, **more)
    disliked = {each.product_id for each in events if each.type == DISLIKED}
    bought = {each.product_id for each in events if each.type == BOUGHT}

    assert found == recommend(*random.sample(events, len(events)), **more)
    assert len(set(ids(found))) == len(ids(found)) <= limit
    assert disliked.isdisjoint(ids(found))
    assert again or bought.isdisjoint(ids(found))
    assert {"shoe"}.isdisjoint(each.product.category for each in found.results)
    assert sorted((each.score for each in found.results), reverse=True) == [
        each.score for each in found.results
    ]
    assert sum(each.product_id != "gone" for each in events) == found.events_used
    assert 1 + 1e-9 >= sum(each.weight for each in found.interests)


class TestRefusals:
    @pytest.mark.parametrize(
        ("request_", "reason", "field"),
        [
            ({"catalog": "nowhere"}, Reason.CATALOG_NOT_FOUND, "catalog"),
            ({"page_size": -1}, Reason.FIELD_INVALID, "page_size"),
            ({"half_life": Duration()}, Reason.FIELD_INVALID, "half_life"),
            ({"diversity_lambda": 1.5}, Reason.FIELD_INVALID, "diversity_lambda"),
            ({"events": [pb.CustomerEvent(product_id="a")]}, Reason.FIELD_INVALID, "events[0].type"),
            ({"events": [event("")]}, Reason.FIELD_INVALID, "events[0].product_id"),
            ({"events": [event("a")] * 2001}, Reason.FIELD_INVALID, "events"),
            ({"filter": "category ="}, Reason.FILTER_INVALID, "filter"),
        ],
    )
    async def test_bad_input_is_named(self, stubs, rooms, request_, reason, field):
        """The field, and why."""
        rooms.index.products["default"] = catalogue()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stubs[0].RecommendProducts(pb.RecommendProductsRequest(**request_))
        error = from_status(rpc_status.from_call(caught.value))

        assert (reason, field) == (error.reason, error.field)

    @pytest.mark.parametrize(("asked", "got"), [(0, 12), (7, 7), (5000, 12)])
    def test_the_page_size_is_coerced(self, recommend, asked, got):
        """20 by default, 100 at most."""
        assert got == len(recommend(page_size=asked).results)
