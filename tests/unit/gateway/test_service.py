"""The public services, seen by a client; the other rooms are fakes."""

import grpc
import pytest
from fakes import DIMENSION, PACK, word_vector
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from grpc_status import rpc_status

from triptych.runtime.errors import from_status
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import FusionStrategy, RankingStrategy
from triptych.vocabulary.errors import InvalidArgument, NotFound, Reason
from triptych.vocabulary.vectors import pack

SINGLE = pb.QueryInterpretation.PATH_SINGLE_MODALITY
MULTI = pb.QueryInterpretation.PATH_MULTIMODAL


def text(words: str, **more) -> pb.QueryPart:
    return pb.QueryPart(text=words, **more)


def image(words: str, **more) -> pb.QueryPart:
    return pb.QueryPart(image=types_pb2.Media(data=words.encode()), **more)


def product(product_id: str, title: str = "", images=()) -> types_pb2.Product:
    media = [types_pb2.Media(data=words.encode()) for words in images]
    return types_pb2.Product(id=product_id, title=title, images=media)


def vector(words: str, space: str = f"{PACK}/image") -> types_pb2.Vector:
    return types_pb2.Vector(data=pack(word_vector(words)), dimension=DIMENSION, space=space)


async def refusal(rpc):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rpc
    return from_status(rpc_status.from_call(caught.value))


@pytest.fixture
async def shop(stubs):
    """A catalogue of three products; returns a function that searches it."""
    search, catalog = stubs
    products = [
        product("red-mug", "red mug", ["red cup", "red mug side"]),
        product("blue-mug", "blue mug", ["blue cup"]),
        product("red-hat", "red hat", ["red hat"]),
    ]
    response = await catalog.UpsertProducts(catalog_pb.UpsertProductsRequest(products=products))
    assert not any(result.HasField("error") for result in response.results)

    async def find(*parts, **more) -> pb.SearchProductsResponse:
        return await search.SearchProducts(pb.SearchProductsRequest(parts=parts, **more))

    return find


class TestPath:
    async def test_one_modality_takes_the_short_way(self, shop, rooms):
        """Features, search, answer: neither fusion nor ranking."""
        rooms.fuser.calls.clear()

        answer = await shop(text("red mug"))

        assert "red-mug" == answer.results[0].product.id
        assert SINGLE == answer.interpretation.path
        assert ["encode", "search"] == [stage.stage for stage in answer.stages]
        assert [] == rooms.fuser.calls
        assert [] == rooms.ranker.calls

    async def test_several_modalities_take_the_long_way(self, shop, rooms):
        """Features, fusion, search, ranking, answer."""
        answer = await shop(image("red cup"), text("mug"))

        assert "red-mug" == answer.results[0].product.id
        assert MULTI == answer.interpretation.path
        assert [types_pb2.MODALITY_TEXT, types_pb2.MODALITY_IMAGE] == list(answer.interpretation.modalities)
        assert ["encode", "fuse", "search", "rank"] == [stage.stage for stage in answer.stages]
        assert types_pb2.FUSION_STRATEGY_LEARNED == answer.interpretation.fusion
        assert types_pb2.RANKING_STRATEGY_SIMILARITY == answer.interpretation.ranking

    async def test_several_parts_of_one_modality_are_fused_but_not_ranked(self, shop):
        """The path is decided by modalities, not by parts."""
        answer = await shop(text("mug"), text("red", weight=-1))

        assert "blue-mug" == answer.results[0].product.id
        assert SINGLE == answer.interpretation.path
        assert ["encode", "fuse", "search"] == [stage.stage for stage in answer.stages]

    async def test_a_ranking_that_is_asked_for_is_walked(self, shop, rooms):
        """Also for one modality; the score is then the ranker's."""
        answer = await shop(text("red mug"), ranking=types_pb2.RANKING_STRATEGY_DIVERSE, lexical_weight=0)

        assert [RankingStrategy.DIVERSE] == rooms.ranker.calls
        assert answer.results[0].similarity / 2 == pytest.approx(answer.results[0].score)
        assert rooms.index.searches[-1].with_vectors

    async def test_a_mix_is_judged_by_the_packs_network(self, shop, rooms):
        """Where the pack has one; it sees more candidates than are wanted, with their features."""
        rooms.ranker.features = ("similarity_text", "similarity_image", "similarity_audio", "log_popularity")

        answer = await shop(image("red cup"), text("mug"), page_size=1)

        assert types_pb2.RANKING_STRATEGY_LEARNED == answer.interpretation.ranking
        assert ["red-mug"] == [result.product.id for result in answer.results]
        candidates = {each.hit.id: each.features for each in rooms.ranker.judged[-1]}
        assert {"red-mug", "blue-mug", "red-hat"} == set(candidates)
        assert {"similarity_text", "similarity_image", "log_popularity"} == set(candidates["red-mug"])
        assert candidates["red-mug"]["similarity_image"] > candidates["blue-mug"]["similarity_image"]

    @pytest.mark.parametrize("measure", ["COSINE", "EUCLIDEAN"])
    async def test_networks_see_cosines_whatever_the_measure(self, shop, rooms, measure):
        """They were trained on cosines."""
        rooms.ranker.features = ("similarity_text",)

        await shop(
            text("mug"),
            ranking=types_pb2.RANKING_STRATEGY_LEARNED,
            similarity=types_pb2.SimilarityMetric.Value(f"SIMILARITY_METRIC_{measure}"),
        )

        candidates = {each.hit.id: each.features for each in rooms.ranker.judged[-1]}
        expected = float(word_vector("mug") @ word_vector("blue mug"))
        assert expected == pytest.approx(candidates["blue-mug"]["similarity_text"], abs=1e-5)

    async def test_the_answer_says_who_answered(self, shop):
        """Models sorted by name, the index, and a time for each stage."""
        answer = await shop(text("mug"), image("red"))

        assert ["fusion", "image_encoder", "text_encoder"] == [model.name for model in answer.models]
        assert "default__fused" == answer.index.name
        assert all(stage.duration.ToNanoseconds() > 0 for stage in answer.stages)


class TestParts:
    async def test_like_this_product(self, shop):
        """The product itself is left out of the answer."""
        answer = await shop(pb.QueryPart(product_id="red-mug"))

        assert {"blue-mug", "red-hat"} == {result.product.id for result in answer.results}
        assert [types_pb2.MODALITY_PRODUCT] == list(answer.interpretation.modalities)

    async def test_like_a_product_that_was_stored_just_now(self, shop, stubs, rooms):
        """Where the quick look-up misses it, it is read as it is now; reading by id is never quick."""
        rooms.index.unseen.add("red-mug")

        answer = await shop(pb.QueryPart(product_id="red-mug"))
        got = await stubs[1].GetProduct(catalog_pb.GetProductRequest(id="red-mug"))

        assert {"blue-mug", "red-hat"} == {result.product.id for result in answer.results}
        assert "red-mug" == got.product.id

    async def test_a_vector_of_the_callers_own(self, shop):
        """It is searched without any encoding."""
        answer = await shop(pb.QueryPart(vector=vector("blue cup mug")))

        assert "blue-mug" == answer.results[0].product.id
        assert ["search"] == [stage.stage for stage in answer.stages]

    async def test_the_fusion_asked_for_is_the_one_applied(self, shop, rooms):
        """The strategy reaches the room and the answer."""
        answer = await shop(text("a"), image("b"), fusion=types_pb2.FUSION_STRATEGY_BILINEAR)

        assert FusionStrategy.BILINEAR == rooms.fuser.calls[-1][0]
        assert types_pb2.FUSION_STRATEGY_BILINEAR == answer.interpretation.fusion

    async def test_a_view_is_named_where_views_are_searched(self, shop):
        """The second picture was the nearest."""
        answer = await shop(image("red mug side"), search_space=types_pb2.SEARCH_SPACE_IMAGE)

        assert ("red-mug", 1) == (answer.results[0].product.id, answer.results[0].best_view.index)
        assert types_pb2.MODALITY_IMAGE == answer.results[0].best_view.modality

    async def test_a_photo_is_compared_with_photos(self, shop, rooms):
        """Unless the request says otherwise; a mix is compared with whole products."""
        alone, told, mixed = (
            await shop(image("red cup")),
            await shop(image("red cup"), search_space=types_pb2.SEARCH_SPACE_FUSED),
            await shop(image("red cup"), text("mug")),
        )

        assert [
            types_pb2.SEARCH_SPACE_IMAGE,
            types_pb2.SEARCH_SPACE_FUSED,
            types_pb2.SEARCH_SPACE_FUSED,
        ] == [answer.interpretation.search_space for answer in (alone, told, mixed)]

    async def test_a_photo_finds_products_that_have_none(self, stubs):
        """Where no product has a picture, whole products are searched."""
        search, catalog = stubs
        await catalog.UpsertProducts(catalog_pb.UpsertProductsRequest(products=[product("a", "red mug")]))

        answer = await search.SearchProducts(pb.SearchProductsRequest(parts=[image("red cup")]))

        assert ["a"] == [result.product.id for result in answer.results]
        assert types_pb2.SEARCH_SPACE_FUSED == answer.interpretation.search_space

    async def test_under_euclidean_larger_scores_are_better_too(self, shop):
        """Similarity is the distance, score its negative."""
        answer = await shop(
            text("red mug"), similarity=types_pb2.SIMILARITY_METRIC_EUCLIDEAN, lexical_weight=0
        )

        distances = [result.similarity for result in answer.results]
        assert sorted(distances) == distances
        assert [-distance for distance in distances] == [result.score for result in answer.results]

    @pytest.mark.parametrize(("asked", "shown"), [(0, 20), (7, 7), (100, 100), (5000, 100)])
    async def test_the_page_size_is_coerced(self, stubs, rooms, asked, shown):
        """20 by default, 100 at most."""
        search, catalog = stubs
        for start in (0, 60):
            products = [product(f"mug-{place}", "mug") for place in range(start, start + 60)]
            await catalog.UpsertProducts(catalog_pb.UpsertProductsRequest(products=products))

        answer = await search.SearchProducts(pb.SearchProductsRequest(parts=[text("mug")], page_size=asked))

        assert shown == len(answer.results)


class TestRefusals:
    async def test_an_unknown_catalogue(self, shop):
        """The field is named."""
        error = await refusal(shop(text("mug"), catalog="nowhere"))

        assert (NotFound, Reason.CATALOG_NOT_FOUND, "catalog") == (type(error), error.reason, error.field)

    async def test_an_unknown_product(self, shop):
        """So is its part."""
        error = await refusal(shop(text("mug"), pb.QueryPart(product_id="nothing")))

        assert (Reason.PRODUCT_NOT_FOUND, "parts[1].product_id") == (error.reason, error.field)

    async def test_a_part_that_cannot_be_encoded(self, shop):
        """The encoder's word, in terms of the public request."""
        error = await refusal(shop(text("mug"), image("broken")))

        assert (Reason.IMAGE_UNREADABLE, "parts[1].image.data") == (error.reason, error.field)

    async def test_parts_that_cancel(self, shop):
        """Fusion's word, in terms of the public request."""
        error = await refusal(shop(text("mug"), text("mug", weight=-1)))

        assert (Reason.PARTS_CANCEL, "parts") == (error.reason, error.field)

    async def test_only_negative_parts(self, shop):
        """There must be something to look for."""
        error = await refusal(shop(text("mug", weight=-2)))

        assert (Reason.NO_POSITIVE_PART, "parts") == (error.reason, error.field)

    async def test_a_vector_of_a_space_that_is_none(self, shop):
        """What a space is called is part of the contract."""
        error = await refusal(shop(pb.QueryPart(vector=vector("mug", space="elsewhere"))))

        assert (Reason.SPACE_MISMATCH, "parts[0].vector.space") == (error.reason, error.field)

    async def test_a_vector_of_another_dimension(self, shop):
        """The index's word, in terms of the public request."""
        short = types_pb2.Vector(data=b"\0\0\x80\x3f", dimension=1, space=f"{PACK}/text")
        error = await refusal(shop(pb.QueryPart(vector=short)))

        assert (Reason.DIMENSION_MISMATCH, "parts[0].vector.dimension") == (error.reason, error.field)

    async def test_a_vector_whose_bytes_are_no_numbers(self, shop):
        """NaN is refused before anything is asked of the other rooms."""
        nan = types_pb2.Vector(data=b"\0\0\xc0\x7f", dimension=1, space=f"{PACK}/text")
        error = await refusal(shop(pb.QueryPart(vector=nan)))

        assert (Reason.VECTOR_INVALID, "parts[0].vector.data") == (error.reason, error.field)


class TestCatalog:
    async def upsert(self, stubs, *products):
        response = await stubs[1].UpsertProducts(catalog_pb.UpsertProductsRequest(products=products))
        return response.results

    async def test_one_broken_product_does_not_stop_the_others(self, stubs):
        """Each product has its own outcome; the broken ones are named down to the field."""
        red = product("red", "red")
        results = await self.upsert(
            stubs,
            red,
            product("broken", "fine words", ["ok", "broken"]),
            product(""),
            product("empty"),
            product("twice", "first"),
            product("twice", "second"),
        )

        errors = [from_status(r.error) if r.HasField("error") else None for r in results]
        assert [None, None] == [errors[0], errors[5]]
        assert [
            (Reason.IMAGE_UNREADABLE, "products[1].images[1].data"),
            (Reason.FIELD_INVALID, "products[2].id"),
            (Reason.PRODUCT_EMPTY, "products[3]"),
            (Reason.DUPLICATE_ID, "products[4].id"),
        ] == [(error.reason, error.field) for error in errors[1:5]]
        for name, title in (("red", "red"), ("twice", "second")):
            got = await stubs[1].GetProduct(catalog_pb.GetProductRequest(id=name))
            assert title == got.product.title

    async def test_an_outcome_has_the_details_of_aip_193(self, stubs):
        """A client reads an item's error as it reads a call's."""
        (result,) = await self.upsert(stubs, product("empty"))

        info, bad = ErrorInfo(), BadRequest()
        assert any(detail.Unpack(info) for detail in result.error.details)
        assert any(detail.Unpack(bad) for detail in result.error.details)
        assert ("PRODUCT_EMPTY", "products[0]") == (info.reason, bad.field_violations[0].field)

    async def test_a_product_that_the_store_refuses_is_named(self, stubs, rooms):
        """The last room's word counts too."""
        rooms.index.refused = frozenset({"b"})
        results = await self.upsert(stubs, product("a", "one"), product("b", "two"))

        assert [False, True] == [result.HasField("error") for result in results]

    async def test_the_media_of_products_are_kept_and_those_of_queries_are_not(self, stubs, rooms):
        """The record tells the id of each picture; no search has anything kept."""
        await self.upsert(stubs, product("a", "one", ["red cup", "side"]))
        await stubs[0].SearchProducts(pb.SearchProductsRequest(parts=[image("red cup")]))
        await stubs[0].RecognizeProduct(pb.RecognizeProductRequest(image=types_pb2.Media(data=b"red cup")))

        got = (await stubs[1].GetProduct(catalog_pb.GetProductRequest(id="a"))).product
        expected = [f"sha256:{words.hex()}" for words in (b"red cup", b"side")]
        assert expected == [each.content_id for each in got.images]
        assert [True, False, False] == rooms.encoder.kept

    async def test_media_bytes_are_forgotten_and_addresses_kept(self, stubs):
        """What is stored is what is needed to answer."""
        mixed = product("a", "one", ["some bytes"])
        mixed.attributes["colour"].string_value = "red"
        await self.upsert(stubs, mixed)

        got = (await stubs[1].GetProduct(catalog_pb.GetProductRequest(id="a"))).product

        assert [""] == [item.WhichOneof("source") or "" for item in got.images]
        assert "red" == got.attributes["colour"].string_value

    @pytest.mark.parametrize("bad", ["null_value", "struct_value"])
    async def test_an_attribute_that_no_filter_could_compare_is_refused(self, stubs, bad):
        """Strings, numbers, booleans and lists of strings only."""
        odd = product("a", "one")
        value = odd.attributes["x"]
        value.struct_value.update({"a": 1}) if bad == "struct_value" else value.__setattr__(bad, 0)

        (result,) = await self.upsert(stubs, odd)

        assert 'products[0].attributes["x"]' == from_status(result.error).field

    async def test_views_share_the_weight_of_their_modality(self, stubs, rooms):
        """Five pictures do not drown the words."""
        await self.upsert(stubs, product("a", "one", ["p q", "r s"]))

        ((_, (group,)),) = rooms.fuser.calls
        assert [1.0, 0.5, 0.5] == [part.weight for part in group]

    async def test_a_deleted_product_is_gone(self, stubs):
        """Deleting twice is no error; what was missing is listed."""
        await self.upsert(stubs, product("a", "one"))

        gone = await stubs[1].DeleteProducts(catalog_pb.DeleteProductsRequest(ids=["a", "b", "a"]))
        error = await refusal(stubs[1].GetProduct(catalog_pb.GetProductRequest(id="a")))

        assert ["b"] == list(gone.missing_ids)
        assert (NotFound, Reason.PRODUCT_NOT_FOUND, "id") == (type(error), error.reason, error.field)

    async def test_a_request_without_products_is_refused(self, stubs):
        """The bounds of the request itself fail the call."""
        error = await refusal(stubs[1].UpsertProducts(catalog_pb.UpsertProductsRequest()))

        assert (InvalidArgument, "products") == (type(error), error.field)


class TestWords:
    async def test_a_picture_is_described(self, stubs):
        """The sentence, how sure the model is, and which model spoke."""
        search, _ = stubs

        answer = await search.DescribeImage(pb.DescribeImageRequest(image=types_pb2.Media(data=b"red mug")))

        assert ("A red mug.", 0.75, "describer") == (answer.description, answer.confidence, answer.model.name)

    async def test_speech_is_written_down_with_what_was_understood(self, stubs):
        """The constraints stand in the order of their names."""
        search, _ = stubs

        answer = await search.TranscribeAudio(
            pb.TranscribeAudioRequest(audio=types_pb2.Media(data=b"red mug"))
        )

        assert ("red mug", 0.5, "transcriber") == (answer.transcript, answer.confidence, answer.model.name)
        assert [("category", "mug"), ("colour", "red")] == [(c.name, c.value) for c in answer.constraints]

    async def test_media_that_cannot_be_read_are_refused(self, stubs):
        """With the field to blame; nothing at all is a broken rule of the schema."""
        search, _ = stubs

        broken = await refusal(
            search.DescribeImage(pb.DescribeImageRequest(image=types_pb2.Media(data=b"broken")))
        )
        nothing = await refusal(search.TranscribeAudio(pb.TranscribeAudioRequest()))

        assert (Reason.MEDIA_EMPTY, "image.data") == (broken.reason, broken.field)
        assert (Reason.FIELD_INVALID, "audio") == (nothing.reason, nothing.field)
