"""Text, photo, voice and mixes, from a client to products and back, on a real Milvus and a real Triton."""

import random

import grpc
import media
import pytest
from google.protobuf.json_format import Parse

from training.demo.items import Item
from training.demo.texts import query_text
from training.demo.voices import VOICES, speak
from triptych.client import Client
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

SINGLE = pb.QueryInterpretation.PATH_SINGLE_MODALITY
MULTI = pb.QueryInterpretation.PATH_MULTIMODAL
FUSIONS = [number for number in types_pb2.FusionStrategy.values() if number]
NAMES = ("category", "colour", "pattern", "material")
# Each way must be right for most of a dozen products; how right exactly is measured by bench/quality.py.
SAMPLE = 12
MOST = 9


@pytest.fixture
def some(shop) -> list[Item]:
    """A few products of the catalogue, spread over it."""
    return list(shop.items.values())[:: len(shop.items) // SAMPLE][:SAMPLE]


def wanted(item: Item) -> dict[str, str]:
    return dict(zip(NAMES, item.combination, strict=True))


def text_of(item: Item, language: str) -> pb.QueryPart:
    return pb.QueryPart(text=query_text(wanted(item), language, random.Random(item.id)))


def photo_of(shop, item: Item) -> pb.QueryPart:
    return pb.QueryPart(
        image=types_pb2.Media(data=(shop.folder / "images" / f"{item.id}-0.jpg").read_bytes())
    )


def voice_of(item: Item, mode: types_pb2.AudioMode.ValueType = types_pb2.AUDIO_MODE_SOUND) -> pb.QueryPart:
    wave = speak(query_text(wanted(item), "en", random.Random(item.id)).lower(), VOICES[0])
    return pb.QueryPart(audio=types_pb2.Media(data=media.wav(wave)), audio_mode=mode)


def hits(shop, items, parts, **choices) -> int:
    """How many of *items* are answered first by a product that has all that is wanted."""
    found = [shop.find(*parts(item), page_size=5, **choices).results for item in items]
    return sum(
        bool(results) and shop.items[results[0].product.id].combination == item.combination
        for results, item in zip(found, items, strict=True)
    )


class TestOneModality:
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_words_find_products(self, shop, some, language):
        """In both languages of the pack."""
        assert hits(shop, some, lambda item: [text_of(item, language)]) >= MOST

    def test_a_photo_finds_products(self, shop, some):
        """Over pictures and over whole products."""
        for space in (types_pb2.SEARCH_SPACE_FUSED, types_pb2.SEARCH_SPACE_IMAGE):
            assert hits(shop, some, lambda item: [photo_of(shop, item)], search_space=space) >= MOST

    @pytest.mark.parametrize("mode", [types_pb2.AUDIO_MODE_SOUND, types_pb2.AUDIO_MODE_AUTO])
    def test_a_voice_finds_products(self, shop, some, mode):
        """Spoken words are searched without being written down, and no worse where they are."""
        assert hits(shop, some, lambda item: [voice_of(item, mode)]) >= MOST

    @pytest.mark.parametrize("space", [number for number in types_pb2.SearchSpace.values() if number < 4])
    def test_any_modality_searches_any_space(self, shop, some, space):
        """Spaces of one pack are comparable with one another."""
        for part in (text_of(some[0], "en"), photo_of(shop, some[0]), voice_of(some[0])):
            part.audio_mode = types_pb2.AUDIO_MODE_SOUND if part.HasField("audio") else 0
            answer = shop.find(part, search_space=space)

            assert 20 == len({result.product.id for result in answer.results})
            assert SINGLE == answer.interpretation.path

    def test_the_answer_says_how_it_came_about(self, shop, some):
        """Path, models with their pack's version, index, a time per stage."""
        answer = shop.find(text_of(some[0], "en"))

        assert ["encode", "search"] == [stage.stage for stage in answer.stages]
        assert [("text_encoder", "triptych-demo-1/text")] == [(m.name, m.space) for m in answer.models]
        assert "triptych-demo-1/fused" == answer.index.space


class TestMixes:
    @pytest.mark.parametrize("fusion", FUSIONS)
    def test_words_photo_and_voice_of_one_thing_find_it(self, shop, some, fusion):
        """Under each of the four fusions."""
        answers = hits(
            shop,
            some,
            lambda item: [text_of(item, "en"), photo_of(shop, item), voice_of(item)],
            fusion=fusion,
        )

        assert answers >= MOST

    def test_a_mix_walks_the_long_way(self, shop, some):
        """Features, fusion, search, ranking."""
        answer = shop.find(text_of(some[0], "en"), photo_of(shop, some[0]))

        assert MULTI == answer.interpretation.path
        assert ["encode", "fuse", "search", "rank"] == [stage.stage for stage in answer.stages]
        assert ["fusion", "image_encoder", "ranker", "text_encoder"] == [
            model.name for model in answer.models
        ]

    @pytest.mark.parametrize("fusion", FUSIONS)
    def test_neither_order_nor_scale_of_parts_matters(self, shop, some, fusion):
        """The same products with the same scores."""
        parts = [text_of(some[0], "en"), photo_of(shop, some[1]), pb.QueryPart(text="red", weight=-0.5)]
        scaled = [pb.QueryPart() for _ in parts]
        for part, copy in zip(parts, scaled, strict=True):
            copy.CopyFrom(part)
            copy.weight = 3 * (part.weight if part.HasField("weight") else 1)

        one, other = (shop.find(*order, fusion=fusion).results for order in (parts, scaled[::-1]))

        assert [r.product.id for r in one] == [r.product.id for r in other]
        assert [r.score for r in one] == pytest.approx([r.score for r in other], abs=1e-5)

    @pytest.mark.parametrize("fusion", FUSIONS)
    def test_a_negative_part_pushes_away(self, shop, some, fusion):
        """Fewer of the first ten have the colour that is not wanted."""
        category = some[0].category
        plain = shop.find(pb.QueryPart(text=f"red {category}"), page_size=10).results
        pushed = shop.find(
            pb.QueryPart(text=f"red {category}"),
            pb.QueryPart(text="red", weight=-1),
            page_size=10,
            fusion=fusion,
        ).results

        reds = [sum(shop.items[r.product.id].colour == "red" for r in results) for results in (plain, pushed)]
        assert reds[1] < reds[0]

    def test_like_this_product(self, shop, some):
        """The product itself is not in the answer."""
        answer = shop.find(pb.QueryPart(product_id=some[0].id))

        assert some[0].id not in {result.product.id for result in answer.results}
        assert some[0].category == shop.items[answer.results[0].product.id].category


class TestChoices:
    def test_euclidean_and_cosine_agree_on_vectors_of_length_one(self, shop, some):
        """D = √(2 − 2·cos), and the order is the same."""
        cosine, euclidean = (
            shop.find(text_of(some[0], "en"), similarity=metric, lexical_weight=0).results
            for metric in (types_pb2.SIMILARITY_METRIC_COSINE, types_pb2.SIMILARITY_METRIC_EUCLIDEAN)
        )

        assert [r.product.id for r in cosine] == [r.product.id for r in euclidean]
        expected = [max(2 - 2 * r.similarity, 0) ** 0.5 for r in cosine]
        assert expected == pytest.approx([r.similarity for r in euclidean], abs=2e-3)

    def test_diversity_changes_what_comes_first(self, shop, some):
        """With a small lambda the answer is more varied, and still of length page_size."""
        part = pb.QueryPart(text=some[0].category)
        plain = shop.find(part, ranking=types_pb2.RANKING_STRATEGY_SIMILARITY, page_size=10).results
        varied = shop.find(
            part, ranking=types_pb2.RANKING_STRATEGY_DIVERSE, diversity_lambda=0.2, page_size=10
        ).results

        assert 10 == len(varied)
        assert {r.product.id for r in plain} != {r.product.id for r in varied}
        assert plain[0].product.id == varied[0].product.id

    def test_a_view_is_named(self, shop):
        """A product with two pictures is found once, by the picture that was sent."""
        item = next(i for i in shop.items.values() if (shop.folder / "images" / f"{i.id}-1.jpg").exists())
        data = (shop.folder / "images" / f"{item.id}-1.jpg").read_bytes()

        answer = shop.find(
            pb.QueryPart(image=types_pb2.Media(data=data)), search_space=types_pb2.SEARCH_SPACE_IMAGE
        )

        assert (item.id, 1) == (answer.results[0].product.id, answer.results[0].best_view.index)
        assert 1 == sum(result.product.id == item.id for result in answer.results)


class TestCatalog:
    def test_written_read_searched_and_deleted(self, shop):
        """A product's life; reads see a write at once, searches within a second."""
        product = types_pb2.Product(
            id='quo"te\\d #1 ü',
            title="blue striped leather shoe",
            images=[types_pb2.Media(data=media.jpeg())],
        )
        upsert = catalog_pb.UpsertProductsRequest(catalog="life", products=[product])
        assert not shop.catalog_stub.UpsertProducts(upsert, timeout=60).results[0].HasField("error")

        got = shop.catalog_stub.GetProduct(
            catalog_pb.GetProductRequest(catalog="life", id=product.id), timeout=10
        )
        found = shop.find(pb.QueryPart(text="blue shoe"), catalog="life")
        delete = catalog_pb.DeleteProductsRequest(catalog="life", ids=[product.id, "missing"])
        missing = shop.catalog_stub.DeleteProducts(delete, timeout=10).missing_ids

        assert product.title == got.product.title
        assert [product.id] == [result.product.id for result in found.results]
        assert ["missing"] == list(missing)
        with pytest.raises(grpc.RpcError) as caught:
            shop.catalog_stub.GetProduct(
                catalog_pb.GetProductRequest(catalog="life", id=product.id), timeout=10
            )
        assert grpc.StatusCode.NOT_FOUND == caught.value.code()

    def test_a_newer_version_replaces_the_older(self, shop):
        """Also its pictures: a view that is gone is not found any more."""
        old = types_pb2.Product(id="a", title="red mug", images=[types_pb2.Media(data=media.jpeg())] * 2)
        new = types_pb2.Product(id="a", title="blue hat")
        for version in (old, new):
            request = catalog_pb.UpsertProductsRequest(catalog="versions", products=[version])
            stored = shop.catalog_stub.UpsertProducts(request, timeout=60).results[0]

        got = shop.catalog_stub.GetProduct(
            catalog_pb.GetProductRequest(catalog="versions", id="a"), timeout=10
        )

        assert types_pb2.Product(id="a", title="blue hat", etag=stored.etag) == got.product
        assert stored.etag


class TestClients:
    def test_the_five_lines_of_the_readme(self, suite, shop, some):
        """The client finds with words and a file."""
        with Client(suite.address) as client:
            answer = client.search(
                text="mug", image=shop.folder / "images" / f"{some[0].id}-0.jpg", catalog=shop.catalog
            )

        assert 20 == len(answer.results)

    def test_the_command_line_prints_the_response_as_json(self, suite, shop):
        """What is printed is the response in protobuf's JSON mapping."""
        done = suite.run(
            "search", "--text", "red mug", "--catalog", shop.catalog, "--address", suite.address, "--json"
        )

        assert 0 == done.returncode, done.stderr
        answer = Parse(done.stdout, pb.SearchProductsResponse())
        assert 10 == len(answer.results)
