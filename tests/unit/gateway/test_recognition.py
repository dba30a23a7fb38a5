"""Recognition: what votes make of neighbours, and what a client sees of it."""

import grpc
import pytest
from fakes import DIMENSION, word_vector
from google.protobuf.struct_pb2 import ListValue, Value
from grpc_status import rpc_status
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.products import PackedProducts
from gateway.core import recognise
from gateway.core.model.catalog import CatalogFacts, Labels
from gateway.core.model.ranking import Curve
from gateway.core.model.retrieval import Hit, Hits
from triptych.runtime.errors import from_status
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import Reason
from triptych.vocabulary.media import Box
from triptych.vocabulary.vectors import Vector

# Known at a cosine of 0.5 and more; votes steep enough that the nearest alone counts.
CURVES = {recognise.KNOWN: Curve(-500.0, {"cosine": 1000.0})} | {
    name: Curve(0.0, {"cosine": 1000.0})
    for name in (recognise.CATEGORY, recognise.ATTRIBUTE, recognise.MATCH)
}


def told(cosines, labels, calibration=None, matches=5):
    hits = tuple(Hit(f"p{i}", b"", cosine, 0) for i, cosine in enumerate(cosines))
    found = Hits(hits, SpaceKind.IMAGE, "index", "space")
    return recognise.told(found, labels, CatalogFacts({}, calibration or {}), matches)


def even(known=1000.0):
    """Curves by which every neighbour has the same vote."""
    level = Curve(0.0, {"cosine": 0.0})
    return dict.fromkeys(recognise.CURVES, level) | {recognise.KNOWN: Curve(known, {})}


class TestVotes:
    @given(
        st.lists(st.floats(-1, 1), min_size=1, max_size=50), st.floats(0, 1000), st.integers(1, 20), st.data()
    )
    def test_probabilities_are_probabilities(self, cosines, weight, matches, data):
        """Each lies between 0 and 1; categories, and products, share what is known."""
        drawn = data.draw(st.lists(st.sampled_from("abc "), min_size=len(cosines), max_size=len(cosines)))
        curves = {name: Curve(0.0, {"cosine": weight}) for name in recognise.CURVES}

        what = told(
            sorted(cosines, reverse=True),
            [Labels(letter.strip(), {"letter": (letter, letter)}) for letter in drawn],
            curves,
            matches,
        )

        assert 0 <= what.known <= 1
        for some in (what.categories, what.matches):
            assert sum(each.probability for each in some) <= what.known + 1e-9
            assert sorted(some, key=lambda each: -each.probability) == list(some)
        assert all(0 <= guess.probability <= 1 for guess in what.attributes.values())
        assert min(matches, len(cosines)) == len(what.matches)

    def test_a_category_has_the_votes_of_its_products(self):
        """Two of four mugs, one hat, one product without a category."""
        what = told([0.9] * 4, [Labels("mug"), Labels("mug"), Labels("hat"), Labels("")], even())

        expected = [("mug", 0.5), ("hat", 0.25)]
        assert expected == [(guess.value, guess.probability) for guess in what.categories]

    def test_the_nearest_counts_most(self):
        """Under steep curves it alone."""
        what = told([0.9, 0.8, 0.8], [Labels("hat"), Labels("mug"), Labels("mug")], CURVES)

        assert [("hat", pytest.approx(1))] == [(guess.value, guess.probability) for guess in what.categories]
        assert [pytest.approx(1), pytest.approx(0), pytest.approx(0)] == [
            match.probability for match in what.matches
        ]

    def test_the_place_of_a_match_counts(self):
        """By the curve's own weight: of equal cosines, 1, 1/2, 1/3; for categories it is nothing."""
        curves = even() | {recognise.MATCH: Curve(0.0, {"cosine": 5.0, "rank": 1.0})}
        what = told([0.9] * 3, [Labels("mug"), Labels("hat"), Labels("hat")], curves)

        assert [pytest.approx(share / 11) for share in (6, 3, 2)] == [
            each.probability for each in what.matches
        ]
        assert [pytest.approx(2 / 3), pytest.approx(1 / 3)] == [each.probability for each in what.categories]

    def test_attributes_that_products_share(self):
        """A value that one product alone has is none that is shared, nor is an attribute that most lack."""
        labels = [
            Labels("", {"colour": ("red",), "tags": ("a", "b"), "serial": ("1",)}),
            Labels("", {"colour": ("red",), "tags": ("b",), "serial": ("2",)}),
            Labels("", {"colour": ("blue",), "tags": ("b", "c"), "serial": ("3",)}),
            Labels("", {"colour": ("red",), "rare": ("x",)}),
        ]

        what = told([0.9] * 4, labels, even())

        assert {"colour": ("red", 0.75), "tags": ("b", 0.75)} == {
            name: (guess.value, guess.probability) for name, guess in what.attributes.items()
        }

    def test_at_most_sixteen_attributes(self):
        """The most probable ones."""
        sure = {f"sure{i:02}": ("x",) for i in range(16)}
        what = told([0.9] * 3, [Labels("", sure | {"a": ("y",)})] * 2 + [Labels("", sure)], even())

        assert sorted(sure) == sorted(what.attributes)

    def test_everything_is_less_probable_where_less_is_known(self):
        """Known with a half: whatever it is, it is so with a half at most."""
        what = told([0.9, 0.9], [Labels("mug", {"colour": ("red",)})] * 2, even(known=0.0))

        assert (0.5, False) == (what.known, what.is_nothing_like_it)
        assert [0.5] == [guess.probability for guess in what.categories]
        assert {"colour": 0.5} == {name: guess.probability for name, guess in what.attributes.items()}
        assert [0.25, 0.25] == [match.probability for match in what.matches]

    def test_an_empty_catalogue_has_nothing_like_it(self):
        """No neighbour, no guess."""
        what = told([], [])

        assert (0.0, True, (), {}, ()) == (
            what.known, what.is_nothing_like_it, what.categories, what.attributes, what.matches,
        )  # fmt: skip

    def test_what_makes_a_calibration(self):
        """The catalogue's own curves of known and categories; with one missing the pack's own stands in, and that is said."""
        known, category = ({name: CURVES[name]} for name in (recognise.KNOWN, recognise.CATEGORY))
        calibrated = [
            told([0.9], [Labels("mug")], curves).calibrated
            for curves in (known | category, known, category, {})
        ]

        assert [True, False, False, False] == calibrated


def test_labels_of_a_product():
    """Texts and lists of texts; numbers and booleans are no names of things."""
    product = types_pb2.Product(id="a", category="mug")
    product.attributes["colour"].string_value = "red"
    product.attributes["size"].number_value = 3
    product.attributes["new"].bool_value = True
    product.attributes["tags"].CopyFrom(
        Value(list_value=ListValue(values=[Value(string_value="a"), Value(string_value="b")]))
    )
    product.attributes["none"].string_value = ""

    expected = Labels("mug", {"colour": ("red",), "tags": ("a", "b")})
    assert expected == PackedProducts().labels(product.SerializeToString())


@pytest.fixture
async def shop(stubs):
    """Two mugs and a hat with pictures; returns a function that recognises a photo."""
    search, catalog = stubs
    products = [
        types_pb2.Product(
            id=name,
            title=name.replace("-", " "),
            category=name.partition("-")[2],
            images=[types_pb2.Media(data=words.encode()) for words in pictures],
        )
        for name, pictures in {
            "red-mug": ["red cup", "red mug side"],
            "blue-mug": ["blue cup"],
            "red-hat": ["red hat"],
        }.items()
    ]
    for product in products:
        product.attributes["colour"].string_value = product.id.partition("-")[0]
    await catalog.UpsertProducts(catalog_pb.UpsertProductsRequest(products=products))

    async def recognise_photo(words: str, **more) -> pb.RecognizeProductResponse:
        image = types_pb2.Media(data=words.encode())
        return await search.RecognizeProduct(pb.RecognizeProductRequest(image=image, **more))

    return recognise_photo


async def refusal(rpc):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rpc
    error = from_status(rpc_status.from_call(caught.value))
    return error.reason, error.field


class TestService:
    async def test_a_photo_of_a_known_product(self, shop, rooms):
        """Category, product and picture, by the catalogue's own curves."""
        await rooms.index.set_calibration("default", CURVES)

        answer = await shop("red mug side", matches=2)

        assert (1.0, False, True) == (
            pytest.approx(answer.known_probability), answer.nothing_like_it, answer.calibrated,
        )  # fmt: skip
        assert [("mug", pytest.approx(1))] == [(c.value, c.probability) for c in answer.categories]
        first = answer.matches[0]
        assert 2 == len(answer.matches)
        assert ("red-mug", "red mug", 1) == (first.product.id, first.product.title, first.best_view.index)
        assert (pytest.approx(1), pytest.approx(1)) == (first.probability, first.similarity)

    async def test_a_photo_of_something_else(self, shop, rooms):
        """Nothing like it here, and no guess of a category."""
        await rooms.index.set_calibration("default", CURVES)

        answer = await shop("yellow submarine")

        assert (True, 0) == (answer.nothing_like_it, len(answer.categories))
        assert answer.known_probability < 0.01

    async def test_without_calibration_the_packs_own(self, shop):
        """Said by `calibrated`."""
        answer = await shop("red cup")

        assert (False, "red-mug") == (answer.calibrated, answer.matches[0].product.id)

    async def test_a_catalogue_without_pictures(self, stubs, rooms):
        """Whole products are compared; no picture is named."""
        search, catalog = stubs
        product = types_pb2.Product(id="a", title="red cup", category="mug")
        await catalog.UpsertProducts(catalog_pb.UpsertProductsRequest(catalog="words", products=[product]))

        image = types_pb2.Media(data=b"red cup")
        answer = await search.RecognizeProduct(pb.RecognizeProductRequest(catalog="words", image=image))

        assert "a" == answer.matches[0].product.id
        assert not answer.matches[0].HasField("best_view")

    async def test_a_region(self, shop, rooms):
        """Of the photo it alone is looked at."""
        await shop("red cup", region=types_pb2.BoundingBox(left=0.25, right=1, bottom=1))

        content = rooms.encoder.calls[-1][0]
        assert Box(0.25, 0, 1, 1) == content.focus.region

    @pytest.mark.parametrize(
        ("words", "more", "expected"),
        [
            ("broken", {}, (Reason.IMAGE_UNREADABLE, "image.data")),
            ("a", {"catalog": "nowhere"}, (Reason.CATALOG_NOT_FOUND, "catalog")),
            ("a", {"matches": 21}, (Reason.FIELD_INVALID, "matches")),
            ("a", {"matches": -1}, (Reason.FIELD_INVALID, "matches")),
            ("a", {"region": types_pb2.BoundingBox(right=0.5)}, (Reason.FIELD_INVALID, "region.bottom")),
            (
                "a",
                {"region": types_pb2.BoundingBox(left=0.5, right=0.5, bottom=1)},
                (Reason.REGION_INVALID, "region"),
            ),
        ],
    )
    async def test_what_cannot_be_recognised(self, shop, words, more, expected):
        """The field that is to blame is named."""
        assert expected == await refusal(shop(words, **more))

    async def test_a_request_without_a_photo(self, stubs):
        """It is required."""
        search, _ = stubs

        assert (Reason.FIELD_INVALID, "image") == await refusal(
            search.RecognizeProduct(pb.RecognizeProductRequest())
        )

    async def test_a_catalogue_of_another_pack(self, stubs, rooms):
        """A photo that cannot be compared with it is to blame."""
        search, catalog = stubs
        product = types_pb2.Product(id="a", title="red cup")
        await catalog.UpsertProducts(catalog_pb.UpsertProductsRequest(products=[product]))
        rooms.encoder._outcome = lambda _: Vector(word_vector("red")[: DIMENSION // 2], "other-1/image")

        request = pb.RecognizeProductRequest(image=types_pb2.Media(data=b"red"))
        assert (Reason.DIMENSION_MISMATCH, "image") == await refusal(search.RecognizeProduct(request))
