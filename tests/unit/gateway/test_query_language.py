"""What a search can ask for beside its parts, seen by a client; the other rooms are fakes."""

import grpc
import pytest
from conftest import NOW_S
from fakes import PACK, word_vector
from grpc_status import rpc_status

from triptych.runtime.errors import from_status
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import HybridFusion, SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import Reason
from triptych.vocabulary.vectors import pack

DAY_S = 86_400


def text(words: str, **more) -> pb.QueryPart:
    return pb.QueryPart(text=words, **more)


def image(words: str, **more) -> pb.QueryPart:
    return pb.QueryPart(image=types_pb2.Media(data=words.encode()), **more)


def product(product_id: str, title: str, **more) -> types_pb2.Product:
    made = types_pb2.Product(id=product_id, title=title, **more)
    made.price.units = len(title)
    return made


async def refusal(rpc):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rpc
    error = from_status(rpc_status.from_call(caught.value))
    return error.reason, error.field


def ids(answer: pb.SearchProductsResponse) -> list[str]:
    return [result.product.id for result in answer.results]


@pytest.fixture
async def shop(stubs):
    """Seven products; returns a function that searches them."""
    search, catalog = stubs
    fresh, old = int(NOW_S), int(NOW_S) - 30 * DAY_S
    products = [
        product("red-mug", "red mug", brand="A", group_id="mug", popularity=10, update_time={"seconds": old}),
        product("blue-mug", "blue mug", brand="B", group_id="mug", update_time={"seconds": fresh}),
        product("red-hat", "red hat", brand="A", popularity=1000),
        product("blue-hat", "blue wide hat", brand="B", in_stock=True),
        product("shoe", "leather shoe", brand="B", group_id="shoe"),
        product("boot", "leather boot", brand="C", group_id="shoe"),
        types_pb2.Product(id="no-price", title="red scarf"),
    ]
    products[0].images.add(data=b"red mug photo")
    response = await catalog.UpsertProducts(catalog_pb.UpsertProductsRequest(products=products))
    assert not any(result.HasField("error") for result in response.results)

    async def find(*parts, **more) -> pb.SearchProductsResponse:
        return await search.SearchProducts(pb.SearchProductsRequest(parts=parts, **more))

    return find


class TestWords:
    @pytest.mark.parametrize(
        ("parts", "more", "weight", "texts"),
        [
            ([text("mug")], {}, 0.3, [("mug", 1.0)]),
            ([text("mug"), image("red")], {}, 0.0, [("mug", 1.0)]),
            ([text("mug"), image("red")], {"lexical_weight": 0.6}, 0.6, [("mug", 1.0)]),
            ([image("red")], {"lexical_weight": 0.6}, 0.0, []),
            ([text("mug", weight=3), text("hat", weight=1)], {}, 0.3, [("hat", 0.25), ("mug", 0.75)]),
            ([text("mug"), text("hat", weight=-1)], {}, 0.0, [("mug", 1.0)]),
            ([text("mug"), text("hat", exclude=True)], {"lexical_weight": 0}, 0.0, [("mug", 1.0)]),
        ],
    )
    async def test_words_are_looked_for_as_words(self, shop, rooms, parts, more, weight, texts):
        """Those that are wanted; by default they count where there is nothing else, elsewhere as ids only."""
        answer = await shop(*parts, **more)

        asked = rooms.index.searches[-1]
        assert (weight, texts) == (asked.lexical_weight, list(asked.texts))
        assert bool(weight) == answer.interpretation.HasField("lexical_weight")

    async def test_an_id_stands_first(self, shop):
        """Whatever the ranking makes of it."""
        answer = await shop(text("blue-hat"), text("red mug"), ranking=types_pb2.RANKING_STRATEGY_SIMILARITY)

        assert "blue-hat" == answer.results[0].product.id
        assert [True, False] == [result.exact_match for result in answer.results[:2]]

    async def test_scores_of_the_stages_are_told(self, shop):
        """Vector, words, both, and what the ranking made of them."""
        answer = await shop(text("red mug"), ranking=types_pb2.RANKING_STRATEGY_SIMILARITY)

        scores = answer.results[0].scores
        assert (2.0, answer.results[0].similarity) == (scores.lexical, scores.vector)
        assert pytest.approx(0.7 * scores.vector + 0.6) == scores.hybrid
        assert (scores.ranking, scores.hybrid / 2) == (answer.results[0].score, scores.ranking)

    async def test_choices_reach_the_search_room(self, shop, rooms):
        """The fusion of the lists, and the second comparison, by which hits are then ordered."""
        answer = await shop(
            text("red mug"),
            hybrid_fusion=types_pb2.HYBRID_FUSION_RANKS,
            rescoring=types_pb2.SIMILARITY_METRIC_MAHALANOBIS,
        )

        asked = rooms.index.searches[-1]
        assert (HybridFusion.RANKS, SimilarityMetric.MAHALANOBIS) == (asked.hybrid_fusion, asked.rescoring)
        assert [-each.scores.rescored for each in answer.results] == [each.score for each in answer.results]

    @pytest.mark.parametrize(
        ("more", "limit"),
        [
            ({}, 2),
            ({"order_by": "price"}, 2),
            ({"rescoring": types_pb2.SIMILARITY_METRIC_COSINE}, 2),
            ({"ranking": types_pb2.RANKING_STRATEGY_DIVERSE}, None),
            ({"boosts": [pb.Boost(name="b", weight=0.1, condition='brand = "A"')]}, None),
            ({"explain": pb.SearchProductsRequest.EXPLAIN_LEVEL_CONTRIBUTIONS}, None),
        ],
        ids=["plain", "ordered", "a second time", "diverse", "boosted", "explained"],
    )
    async def test_products_are_asked_for_where_they_are_shown_or_decide(self, shop, rooms, more, limit):
        """The rest of the pool is ids and numbers; what is shown has its product all the same."""
        answer = await shop(text("red mug"), page_size=2, **more)

        assert limit == rooms.index.searches[0].products_limit
        assert 2 == len([each.product.title for each in answer.results if each.product.title])


class TestSpelling:
    async def test_other_words_are_suggested(self, shop, rooms):
        """And not searched with, where something has one of the words."""
        rooms.index.corrections = {"mugg": "mug"}

        answer = await shop(text("red mugg"))

        assert ("red mug", False) == (answer.spelling.text, answer.spelling.applied)
        assert "red mugg" == rooms.index.searches[-1].texts[0][0]

    async def test_where_no_word_is_known_the_suggestion_is_searched_with(self, shop, rooms):
        """So that a typing error does not end in an answer by likeness alone."""
        rooms.index.corrections = {"mugg": "mug"}

        answer = await shop(text("mugg"))

        assert ("mug", True) == (answer.spelling.text, answer.spelling.applied)
        assert {"red-mug", "blue-mug"} == set(ids(answer)[:2])

    async def test_the_corrected_words_at_once(self, shop, rooms):
        """AUTO; also beside a photo."""
        rooms.index.corrections = {"mugg": "mug"}

        answer = await shop(text("red mugg"), image("red"), spelling=pb.SearchProductsRequest.SPELLING_AUTO)

        assert ("red mug", True) == (answer.spelling.text, answer.spelling.applied)
        assert ["red mug"] == [text for text, _ in rooms.index.searches[-1].texts]
        assert "red mug" in [call[0].text for call in rooms.encoder.calls]

    async def test_neither(self, shop, rooms):
        """OFF; and where the words are an article number, there is nothing to suggest."""
        rooms.index.corrections = {"mugg": "mug", "red-mug": "mug"}

        off = await shop(text("mugg"), spelling=pb.SearchProductsRequest.SPELLING_OFF)
        number = await shop(text("red-mug"))

        assert [False, False] == [answer.HasField("spelling") for answer in (off, number)]

    async def test_the_suggestion_is_for_the_text_that_weighs_most(self, shop, rooms):
        """Whatever the order of the parts."""
        rooms.index.corrections = {"mugg": "mug", "hatt": "hat"}
        parts = [text("red mugg"), text("red hatt", weight=2)]

        answers = [await shop(*parts), await shop(*reversed(parts))]

        assert ["red hat", "red hat"] == [answer.spelling.text for answer in answers]


class TestFilters:
    async def test_a_filter_holds(self, shop):
        """And is told back."""
        answer = await shop(text("red mug"), filter='brand = "A" AND price < 50')

        assert {"red-mug", "red-hat"} == set(ids(answer))
        assert 'brand = "A" AND price < 50' == answer.interpretation.filter
        assert (2, True) == (answer.total_size, answer.total_size_is_exact)

    async def test_facets_are_counted(self, shop):
        """In the order of the request."""
        answer = await shop(text("mug"), facets=[pb.FacetSpec(field="brand", limit=2)])

        (facet,) = answer.facets
        assert [("B", 3), ("A", 2)] == [(value.text, value.count) for value in facet.values]
        assert facet.is_exact

    async def test_groups_are_shown_by_their_best(self, shop):
        """And say how many others pass; a product without a group stands for itself."""
        answer = await shop(text("blue mug"), group_by="group_id")

        assert "blue-mug" == ids(answer)[0]
        assert {"mug": 1, "shoe": 1} == {
            each.group.group_id: each.group.others for each in answer.results if each.HasField("group")
        }
        assert 5 == len(answer.results)

    async def test_an_order_by_a_field(self, shop, rooms):
        """The 1000 most relevant are put in order; no ranking is walked, also for a mix."""
        answer = await shop(text("hat"), image("red"), order_by="price desc")

        assert [13, 12, 12, 8, 7, 7, 0] == [each.product.price.units for each in answer.results]
        assert "no-price" == ids(answer)[-1]
        assert (0, 1000) == (answer.interpretation.ranking, rooms.index.searches[-1].limit)
        assert [] == rooms.ranker.calls


class TestBrowsing:
    async def test_all_that_passes_comes_in_the_order_of_a_field(self, shop, rooms):
        """Without parts nothing is encoded, compared or ranked; what lacks the field comes last."""
        rooms.encoder.calls.clear()

        answer = await shop(order_by="price desc", search_space=types_pb2.SEARCH_SPACE_TEXT)

        assert [13, 12, 12, 8, 7, 7, 0] == [each.product.price.units for each in answer.results]
        assert pb.QueryInterpretation(path=pb.QueryInterpretation.PATH_BROWSE) == answer.interpretation
        assert {(0.0, False)} == {(each.score, each.HasField("similarity")) for each in answer.results}
        assert ([], []) == (rooms.encoder.calls, rooms.ranker.calls)
        assert (SpaceKind.FUSED, 100) == (rooms.index.searches[-1].space, rooms.index.searches[-1].limit)

    async def test_filters_facets_and_groups_hold(self, shop):
        """As in any search; of a group the first by the field is shown."""
        answer = await shop(
            order_by="popularity desc",
            filter='brand : ("A", "B")',
            facets=[{"field": "brand"}],
            group_by="group_id",
        )

        assert ["red-hat", "red-mug", "blue-hat", "shoe"] == ids(answer)
        assert [("B", 3), ("A", 2)] == [(each.text, each.count) for each in answer.facets[0].values]
        assert 1 == answer.results[1].group.others

    async def test_pages_follow(self, shop):
        """One after another, none twice."""
        pages = [await shop(order_by="price", page_size=3)]
        while token := pages[-1].next_page_token:
            pages.append(await shop(order_by="price", page_size=3, page_token=token))

        assert [3, 3, 1] == [len(each.results) for each in pages]
        assert {pb.QueryInterpretation.PATH_BROWSE} == {each.interpretation.path for each in pages}
        units = [result.product.price.units for page in pages for result in page.results]
        assert [7, 7, 8, 12, 12, 13, 0] == units

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({}, "parts"),
            ({"filter": 'brand = "A"', "order_by": " "}, "parts"),
            ({"order_by": "price", "lexical_weight": 0.5}, "lexical_weight"),
            ({"order_by": "price", "min_relevance": 0.5}, "min_relevance"),
            ({"order_by": "price", "explain": pb.SearchProductsRequest.EXPLAIN_LEVEL_FULL}, "explain"),
            ({"order_by": "price", "ranking": types_pb2.RANKING_STRATEGY_SIMILARITY}, "order_by"),
        ],
    )
    async def test_what_has_no_meaning_without_parts(self, shop, more, field):
        """It is named, and an empty query without an order is a mistake."""
        assert (Reason.FIELD_INVALID, field) == await refusal(shop(**more))


class TestSuggestions:
    async def test_what_is_typed_is_completed(self, shop, stubs):
        """As the search room says; ten unless the request says otherwise."""
        search, _ = stubs
        found = await search.SuggestQueries(pb.SuggestQueriesRequest(text="leather"))
        one = await search.SuggestQueries(pb.SuggestQueriesRequest(text="r", limit=1))

        assert ["leather boot", "leather shoe"] == [each.text for each in found.suggestions]
        assert [("red hat", 1)] == [(each.text, each.product_count) for each in one.suggestions]

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ({"text": ""}, (Reason.FIELD_INVALID, "text")),
            ({"text": "a" * 257}, (Reason.FIELD_INVALID, "text")),
            ({"text": "a", "limit": 51}, (Reason.FIELD_INVALID, "limit")),
            ({"text": "a", "catalog": "nowhere"}, (Reason.CATALOG_NOT_FOUND, "catalog")),
        ],
    )
    async def test_what_is_asked_wrongly_is_refused(self, shop, stubs, asked, expected):
        """The field is named."""
        assert expected == await refusal(stubs[0].SuggestQueries(pb.SuggestQueriesRequest(**asked)))


class TestExclusions:
    async def test_a_product_is_left_out_with_its_variants(self, shop):
        """Unlike one that is only referred to."""
        answer = await shop(text("mug"), pb.QueryPart(product_id="red-mug", exclude=True))

        assert {"red-hat", "blue-hat", "shoe", "boot", "no-price"} == set(ids(answer))

    async def test_words_leave_out_what_has_all_of_them(self, shop):
        """Not what has some."""
        answer = await shop(text("mug"), text("blue hat", exclude=True))

        assert {"red-mug", "blue-mug", "red-hat", "shoe", "boot", "no-price"} == set(ids(answer))

    async def test_likeness_leaves_out(self, shop, rooms):
        """A picture is encoded in the same call as the other parts; whole products are compared."""
        rooms.encoder.calls.clear()

        answer = await shop(
            text("mug"),
            image("leather shoe", exclude=True),
            pb.QueryPart(
                vector=types_pb2.Vector(
                    data=pack(word_vector("red hat")), dimension=32, space=f"{PACK}/image"
                ),
                exclude=True,
                exclude_similarity=0.99,
            ),
        )

        assert {"red-mug", "blue-mug", "blue-hat", "boot", "no-price"} == set(ids(answer))
        assert [1, 1] == [len(call) for call in rooms.encoder.calls]
        assert [(0.9, SpaceKind.FUSED), (0.99, SpaceKind.FUSED)] == [
            (each.similarity, each.space) for each in rooms.index.searches[-1].excluded_vectors
        ]

    async def test_photos_are_compared_with_photos(self, shop, rooms):
        """Where these are searched."""
        await shop(image("red mug"), image("blue mug", exclude=True))

        (asked, *_) = rooms.index.searches[-1].excluded_vectors
        assert SpaceKind.IMAGE == asked.space


class TestBoosts:
    async def test_boosts_lift_and_are_told_by_name(self, shop, rooms):
        """By popularity, by age, by a condition; each its weight times its value."""
        boosts = [
            pb.Boost(name="popular", weight=0.5, popularity={"half": 10}),
            pb.Boost(name="fresh", weight=0.2, freshness={"half_life": {"seconds": 30 * DAY_S}}),
            pb.Boost(name="stock", weight=-0.1, condition="in_stock = true"),
        ]
        plain = await shop(text("mug"))
        answer = await shop(text("mug"), boosts=boosts)

        added = {each.product.id: dict(each.scores.boosts) for each in answer.results}
        assert pytest.approx({"popular": 0.25, "fresh": 0.1, "stock": 0.0}) == added["red-mug"]
        assert pytest.approx({"popular": 0.0, "fresh": 0.2, "stock": 0.0}) == added["blue-mug"]
        assert pytest.approx({"popular": 0.0, "fresh": 0.0, "stock": -0.1}) == added["blue-hat"]
        before = {each.product.id: each.score for each in plain.results}
        after = {each.product.id: each.score for each in answer.results}
        assert pytest.approx(after) == {name: before[name] + sum(added[name].values()) for name in before}
        assert sorted(after.values(), reverse=True) == list(after.values())

    async def test_their_sum_is_bounded(self, shop):
        """What is told adds up to what was added."""
        boosts = [pb.Boost(name=name, weight=0.9, popularity={"half": 1e-9}) for name in ("a", "b")]

        answer = await shop(text("mug"), boosts=boosts)

        added = {each.product.id: dict(each.scores.boosts) for each in answer.results}
        assert pytest.approx({"a": 0.5, "b": 0.5}) == added["red-hat"]

    async def test_a_ranking_adds_them_too(self, shop, rooms):
        """Its own score is told without them."""
        answer = await shop(
            text("mug"),
            ranking=types_pb2.RANKING_STRATEGY_SIMILARITY,
            boosts=[pb.Boost(name="popular", weight=1, popularity={"half": 10})],
        )

        (hat,) = [each for each in answer.results if each.product.id == "red-hat"]
        assert pytest.approx(hat.score) == hat.scores.ranking + hat.scores.boosts["popular"]
        assert pytest.approx(hat.scores.hybrid / 2) == hat.scores.ranking


class TestMask:
    async def test_only_the_fields_asked_for_are_returned(self, shop):
        """Also parts of fields."""
        answer = await shop(text("red mug"), read_mask={"paths": ["id", "price.units"]})

        expected = types_pb2.Product(id="red-mug")
        expected.price.units = 7
        assert expected == answer.results[0].product


class TestRefusals:
    @pytest.mark.parametrize(
        ("part", "field"),
        [
            (text("mug", region={"right": 1, "bottom": 1}), "region"),
            (image("mug", audio_mode=types_pb2.AUDIO_MODE_SPEECH), "audio_mode"),
            (text("mug", exclude=True, weight=1), "weight"),
            (text("mug", exclude=True, exclude_similarity=0.5), "exclude_similarity"),
            (image("mug", exclude_similarity=0.5), "exclude_similarity"),
        ],
    )
    async def test_what_has_no_meaning_beside_a_part(self, shop, part, field):
        """It is named, not passed over."""
        assert (Reason.FIELD_INVALID, f"parts[1].{field}") == await refusal(shop(text("mug"), part))

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"order_by": "price", "ranking": types_pb2.RANKING_STRATEGY_DIVERSE}, "order_by"),
            ({"order_by": "price", "rescoring": types_pb2.SIMILARITY_METRIC_COSINE}, "order_by"),
            ({"order_by": "price", "boosts": [pb.Boost(name="a", weight=1, condition="id = a")]}, "order_by"),
            ({"facets": [pb.FacetSpec(field="brand"), pb.FacetSpec(field="brand")]}, "facets[1].field"),
            ({"boosts": [pb.Boost(name="a", weight=1, condition="id = a")] * 2}, "boosts[1].name"),
            ({"boosts": [pb.Boost(name="a", weight=0, condition="id = a")]}, "boosts[0].weight"),
            ({"similarity": types_pb2.SIMILARITY_METRIC_MAHALANOBIS}, "similarity"),
            ({"read_mask": {"paths": ["id", "colour"]}}, "read_mask"),
            ({"group_by": "brand"}, "group_by"),
            ({"lexical_weight": 1.5}, "lexical_weight"),
        ],
    )
    async def test_what_contradicts_itself(self, shop, more, field):
        """The field is named."""
        assert (Reason.FIELD_INVALID, field) == await refusal(shop(text("mug"), **more))

    async def test_nothing_to_look_for(self, shop):
        """Parts that only exclude or keep away."""
        assert (Reason.NO_POSITIVE_PART, "parts") == await refusal(
            shop(text("mug", exclude=True), text("hat", weight=-1))
        )

    async def test_a_filter_that_cannot_be_read(self, shop):
        """Also the one of a boost, counted among the boosts."""
        boosts = [
            pb.Boost(name="popular", weight=1, popularity={"half": 1}),
            pb.Boost(name="red", weight=1, condition="colour = red"),
        ]

        assert (Reason.FILTER_INVALID, "filter") == await refusal(shop(text("mug"), filter="price <"))
        assert (Reason.FILTER_INVALID, "boosts[1].condition") == await refusal(
            shop(text("mug"), boosts=boosts)
        )

    async def test_an_excluded_product_that_does_not_exist(self, shop):
        """As with any other reference."""
        assert (Reason.PRODUCT_NOT_FOUND, "parts[1].product_id") == await refusal(
            shop(text("mug"), pb.QueryPart(product_id="nothing", exclude=True))
        )


class TestPages:
    async def pages(self, shop, page_size: int, **more) -> list[pb.SearchProductsResponse]:
        answers = [await shop(text("red mug"), page_size=page_size, **more)]
        while token := answers[-1].next_page_token:
            answers.append(await shop(text("red mug"), page_size=page_size, page_token=token, **more))
        return answers

    async def test_pages_follow_one_another(self, shop):
        """The last has no token; each product comes once, in the order of one long page."""
        whole = await shop(text("red mug"))
        pages = await self.pages(shop, 3)

        assert [3, 3, 1] == [len(page.results) for page in pages]
        assert list(whole.results) == [result for page in pages for result in page.results]
        assert "" == whole.next_page_token

    async def test_every_page_says_what_the_first_said(self, shop):
        """Counts, interpretation, models, index and suggestion; nothing is encoded again."""
        (first, second, *_) = await self.pages(shop, 3, facets=[pb.FacetSpec(field="brand")])

        for name in ("facets", "interpretation", "models", "index", "total_size", "total_size_is_exact"):
            assert getattr(first, name) == getattr(second, name)
        assert ["read"] == [stage.stage for stage in second.stages]

    async def test_a_page_of_another_request_is_refused(self, shop):
        """The page size alone may change."""
        token = (await shop(text("red mug"), page_size=3)).next_page_token

        assert 4 == len((await shop(text("red mug"), page_size=5, page_token=token)).results)
        assert (Reason.PAGE_TOKEN_INVALID, "page_token") == await refusal(
            shop(text("red hat"), page_size=3, page_token=token)
        )

    async def test_a_page_is_asked_for_too_late(self, shop, rooms):
        """The error says what to do."""
        token = (await shop(text("red mug"), page_size=3)).next_page_token
        rooms.now_s += 31 * 60

        assert (Reason.PAGE_TOKEN_EXPIRED, "page_token") == await refusal(
            shop(text("red mug"), page_size=3, page_token=token)
        )

    async def test_a_product_like_which_others_are_sought_may_go(self, stubs, shop):
        """What is needed of it travels with the client."""
        like = pb.QueryPart(product_id="red-mug")
        token = (await shop(like, page_size=3)).next_page_token
        await stubs[1].DeleteProducts(catalog_pb.DeleteProductsRequest(ids=["red-mug"]))

        assert 3 == len((await shop(like, page_size=5, page_token=token)).results)
