"""Relevance: what curves make of hits, and what a client sees of it, page by page."""

import math

import grpc
import pytest
from grpc_status import rpc_status
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import ranking
from gateway.core.model.ranking import Curve
from gateway.core.relevance import probability
from triptych.runtime.errors import from_status
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import Reason

BOUND = 1_000_000
NUMBERS = st.floats(-BOUND, BOUND)
STEEP = Curve(-10.0, {"cosine": 20.0})
WORDS = ("red mug", "red cup", "red hat", "blue mug", "green shoe", "yellow lamp", "black bag")


class TestCurve:
    @given(NUMBERS, NUMBERS, NUMBERS, st.floats(-1, 1), st.floats(0, 100))
    def test_a_probability_is_one(self, intercept, cosine_weight, lexical_weight, cosine, lexical):
        """Whatever the weights are."""
        curve = Curve(intercept, {"cosine": cosine_weight, "lexical": lexical_weight})

        assert 0 <= probability(curve, {"cosine": cosine, "lexical": lexical}) <= 1

    @given(st.floats(-5, 5), st.floats(-5, 5), st.floats(-1, 1))
    def test_it_is_the_logistic_function(self, intercept, weight, cosine):
        """1 / (1 + exp(-x)), on both sides of 0."""
        expected = 1 / (1 + math.exp(-(intercept + weight * cosine)))

        assert expected == pytest.approx(
            probability(Curve(intercept, {"cosine": weight}), {"cosine": cosine})
        )

    def test_what_is_not_known_counts_nothing(self):
        """Neither for nor against."""
        assert 0.5 == probability(Curve(0.0, {"cosine": 3.0, "lexical": -2.0}), {})


@pytest.fixture
async def shop(stubs):
    """A catalogue of a few products with pictures; returns a function that searches it."""
    search, catalog = stubs
    products = [
        types_pb2.Product(
            id=words.replace(" ", "-"), title=words, images=[types_pb2.Media(data=words.encode())]
        )
        for words in WORDS
    ]
    await catalog.UpsertProducts(catalog_pb.UpsertProductsRequest(products=products))

    async def find(*parts, **more) -> pb.SearchProductsResponse:
        return await search.SearchProducts(pb.SearchProductsRequest(parts=parts, **more))

    return find


def text(words: str, **more) -> pb.QueryPart:
    return pb.QueryPart(text=words, **more)


def image(words: str) -> pb.QueryPart:
    return pb.QueryPart(image=types_pb2.Media(data=words.encode()))


def relevances(answer: pb.SearchProductsResponse) -> dict[str, float]:
    assert all(result.HasField("relevance") for result in answer.results)
    return {result.product.id: result.relevance for result in answer.results}


async def refusal(rpc):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rpc
    return from_status(rpc_status.from_call(caught.value))


class TestResults:
    async def test_without_calibration_nothing_is_said(self, shop):
        """An unset probability is none of 0."""
        answer = await shop(text("red mug"))

        assert {False} == {result.HasField("relevance") for result in answer.results}

    async def test_each_kind_of_query_has_its_curve(self, shop, rooms):
        """Words, pictures, mixes; "any" where a kind has none."""
        levels = {"text": 1.0, "image": 2.0, "mixed": 3.0, "any": 4.0}
        await rooms.index.set_calibration("default", {k: Curve(v, {}) for k, v in levels.items()})

        answers = [
            await shop(text("red mug"), lexical_weight=0),
            await shop(text("red mug"), text("green", weight=-0.5), lexical_weight=0),
            await shop(image("red mug")),
            await shop(text("red mug"), image("red mug")),
            await shop(pb.QueryPart(product_id="red-mug")),
        ]

        expected = [levels[kind] for kind in ("text", "text", "image", "mixed", "any")]
        assert [pytest.approx(1 / (1 + math.exp(-level))) for level in expected] == [
            min(relevances(answer).values()) for answer in answers
        ]

    async def test_cosine_words_and_gap_are_weighed(self, shop, rooms):
        """As they stand in the answer; the gap is to the best of them."""
        weights = {"cosine": 2.0, "lexical": 0.5, "gap": -3.0}
        await rooms.index.set_calibration("default", {"text": Curve(-1.0, weights)})

        answer = await shop(text("red mug cup"), lexical_weight=0.5)

        best = max(result.similarity for result in answer.results)
        for result in answer.results:
            if result.exact_match:
                continue
            near, words = result.similarity, result.scores.lexical
            logit = -1 + 2 * near + 0.5 * words - 3 * (best - near)
            assert pytest.approx(1 / (1 + math.exp(-logit))) == result.relevance

    async def test_the_metric_changes_nothing(self, shop, rooms):
        """A distance is turned into the cosine that it stands for."""
        await rooms.index.set_calibration("default", {"any": STEEP})

        near = await shop(image("red mug"))
        far = await shop(image("red mug"), similarity=types_pb2.SIMILARITY_METRIC_EUCLIDEAN)

        assert relevances(near) == pytest.approx(relevances(far), abs=1e-5)

    async def test_an_exact_match_is_what_was_meant(self, shop, rooms):
        """Whatever its vector is like."""
        await rooms.index.set_calibration("default", {"any": Curve(-50.0, {})})

        answer = await shop(text("yellow-lamp"), min_relevance=0.5)

        assert {"yellow-lamp": 1.0} == relevances(answer)

    @pytest.mark.parametrize(
        "choices",
        [{"search_space": types_pb2.SEARCH_SPACE_TEXT}, {"fusion": types_pb2.FUSION_STRATEGY_WEIGHTED_SUM}],
    )
    async def test_searches_that_curves_were_not_fitted_on(self, shop, rooms, choices):
        """Vectors of another space, or fused otherwise, have other cosines: nothing is said rather than the wrong thing."""
        await rooms.index.set_calibration("default", {"any": STEEP})

        answer = await shop(text("red"), text("mug"), **choices)

        assert {False} == {result.HasField("relevance") for result in answer.results}
        error = await refusal(shop(text("red"), text("mug"), min_relevance=0.5, **choices))
        assert Reason.NOT_CALIBRATED == error.reason


class TestCut:
    async def test_what_is_too_improbable_is_left_out(self, shop, rooms):
        """The others stay in their order."""
        await rooms.index.set_calibration("default", {"any": STEEP})
        every = await shop(image("red mug"))

        some = await shop(image("red mug"), min_relevance=0.5)

        expected = {name: value for name, value in relevances(every).items() if value >= 0.5}
        assert 0 < len(expected) < len(WORDS)
        assert list(expected.items()) == list(relevances(some).items())

    async def test_nothing_may_be_left(self, shop, rooms):
        """An honest empty answer has no further page."""
        await rooms.index.set_calibration("default", {"any": Curve(-50.0, {})})

        answer = await shop(image("red mug"), min_relevance=0.5, page_size=1)

        assert (0, "") == (len(answer.results), answer.next_page_token)

    async def test_the_cut_holds_on_all_pages(self, shop, rooms, monkeypatch):
        """A chain shows what one page shows, with the same probabilities; also of what the index is asked for later."""
        await rooms.index.set_calibration("default", {"any": Curve(-4.0, {"cosine": 20.0, "gap": -1.0})})
        asked = {"min_relevance": 0.5, "lexical_weight": 0.0}
        expected = relevances(await shop(text("red mug"), page_size=100, **asked))
        monkeypatch.setattr(ranking, "POOL_FACTOR", 1)
        monkeypatch.setattr(ranking, "POOL_MIN", 2)
        rooms.index.searches.clear()

        pages, token = [], ""
        while token or not pages:
            pages.append(await shop(text("red mug"), page_size=1, page_token=token, **asked))
            token = pages[-1].next_page_token

        found = {name: value for page in pages for name, value in relevances(page).items()}
        assert 2 < len(expected) < len(WORDS)
        assert expected == pytest.approx(found)
        sought = [asked for asked in rooms.index.searches if asked.query is not None]
        assert [2, ranking.CANDIDATES_MAX] == sorted({asked.limit for asked in sought})

    async def test_without_calibration_nothing_can_be_cut(self, shop):
        """It is refused, and the field is named."""
        error = await refusal(shop(text("red mug"), min_relevance=0.5))

        assert (Reason.NOT_CALIBRATED, "min_relevance") == (error.reason, error.field)
        assert "'default'" in error.message

    async def test_calibrated_for_other_queries(self, shop, rooms):
        """A curve for photos says nothing of words."""
        await rooms.index.set_calibration("default", {"image": STEEP})

        assert Reason.NOT_CALIBRATED == (await refusal(shop(text("red mug"), min_relevance=0.5))).reason
        assert relevances(await shop(image("red mug"), min_relevance=0.5))

    @pytest.mark.parametrize("least", [-0.1, 1.1, math.nan])
    async def test_bounds(self, shop, least):
        """A probability lies between 0 and 1."""
        error = await refusal(shop(text("red mug"), min_relevance=least))

        assert (Reason.FIELD_INVALID, "min_relevance") == (error.reason, error.field)
