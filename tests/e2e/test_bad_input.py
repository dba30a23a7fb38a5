"""Bad input through the gateway of the running suite: a code, a reason, a field; and afterwards it serves as before."""

import math

import grpc
import media
import numpy as np
import pytest
from grpc_status import rpc_status

from triptych.runtime.errors import from_status
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import Reason
from triptych.vocabulary.vectors import pack

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
SPACE = "triptych-demo-1/text"


def text(words: str = "red mug", **more) -> pb.QueryPart:
    return pb.QueryPart(text=words, **more)


def image(data: bytes = b"", **more) -> pb.QueryPart:
    return pb.QueryPart(image=types_pb2.Media(data=data), **more)


def audio(data: bytes) -> pb.QueryPart:
    return pb.QueryPart(audio=types_pb2.Media(data=data))


def uri(address: str) -> pb.QueryPart:
    return pb.QueryPart(image=types_pb2.Media(uri=address))


def vector(values, space: str = SPACE, dimension: int | None = None) -> pb.QueryPart:
    values = np.asarray(values, "f")
    return pb.QueryPart(
        vector=types_pb2.Vector(
            data=pack(values), dimension=len(values) if dimension is None else dimension, space=space
        )
    )


def ones(dimension: int = 256) -> np.ndarray:
    return np.ones(dimension, "f")


CASES = {
    "an empty request": ([], INVALID, Reason.FIELD_INVALID, "parts"),
    "an empty part": ([pb.QueryPart()], INVALID, Reason.FIELD_INVALID, "parts[0].content"),
    "an empty text": ([text("")], INVALID, Reason.FIELD_INVALID, "parts[0].text"),
    "a text without a word": ([text(" \t?! ")], INVALID, Reason.EMPTY_TEXT, "parts[0].text"),
    "a text that is too long": ([text("a" * 1025)], INVALID, Reason.FIELD_INVALID, "parts[0].text"),
    "a weight of zero": ([text(), text("b", weight=0)], INVALID, Reason.FIELD_INVALID, "parts[1].weight"),
    "a weight that is no number": ([text(weight=math.nan)], INVALID, Reason.FIELD_INVALID, "parts[0].weight"),
    "weights that cancel": ([text(), text(weight=-1)], INVALID, Reason.PARTS_CANCEL, "parts"),
    "only negative weights": ([text(weight=-1)], INVALID, Reason.NO_POSITIVE_PART, "parts"),
    "nine parts": ([text()] * 9, INVALID, Reason.FIELD_INVALID, "parts"),
    "an empty picture": ([image()], INVALID, Reason.MEDIA_EMPTY, "parts[0].image.data"),
    "a picture of 9 MiB": (
        [image(media.jpeg() + bytes(9 * 2**20))],
        INVALID,
        Reason.MEDIA_TOO_LARGE,
        "parts[0].image.data",
    ),
    "a picture of 50,000 × 50,000 pixels": (
        [image(media.png_bomb())],
        INVALID,
        Reason.IMAGE_TOO_MANY_PIXELS,
        "parts[0].image.data",
    ),
    "a JPEG cut short": (
        [text(), image(media.jpeg(size=600)[:1500])],
        INVALID,
        Reason.IMAGE_UNREADABLE,
        "parts[1].image.data",
    ),
    "a text file named .jpg": (
        [image(b"Dear customer, this is no picture.\n" * 9)],
        INVALID,
        Reason.IMAGE_UNREADABLE,
        "parts[0].image.data",
    ),
    "ten minutes of sound": (
        [audio(media.long_flac())],
        INVALID,
        Reason.AUDIO_TOO_LONG,
        "parts[0].audio.data",
    ),
    "silence": ([audio(media.wav(np.zeros(32_000)))], INVALID, Reason.AUDIO_SILENT, "parts[0].audio.data"),
    "a click": ([audio(media.wav(media.tone(0.01)))], INVALID, Reason.AUDIO_TOO_SHORT, "parts[0].audio.data"),
    "a WAV header with a false length": (
        [audio(media.wav_with_false_length())],
        INVALID,
        Reason.AUDIO_UNREADABLE,
        "parts[0].audio.data",
    ),
    "a picture sent as a sound": (
        [audio(media.jpeg())],
        INVALID,
        Reason.AUDIO_UNREADABLE,
        "parts[0].audio.data",
    ),
    "a file on the server": (
        [uri("file:///etc/passwd")],
        INVALID,
        Reason.URI_NOT_ALLOWED,
        "parts[0].image.uri",
    ),
    "a path on the server": (
        [uri("../../etc/passwd")],
        INVALID,
        Reason.URI_NOT_ALLOWED,
        "parts[0].image.uri",
    ),
    "an address in the inner network": (
        [uri("http://169.254.169.254/latest/")],
        INVALID,
        Reason.URI_NOT_ALLOWED,
        "parts[0].image.uri",
    ),
    "a vector of another dimension": (
        [vector(ones(128))],
        INVALID,
        Reason.DIMENSION_MISMATCH,
        "parts[0].vector.dimension",
    ),
    "a vector shorter than it says": (
        [vector(ones(), dimension=512)],
        INVALID,
        Reason.DIMENSION_MISMATCH,
        "parts[0].vector.data",
    ),
    "a vector of another space": (
        [vector(ones(), space="other-7/text")],
        INVALID,
        Reason.SPACE_MISMATCH,
        "parts[0].vector.space",
    ),
    "a vector of another space in a mix": (
        [text(), vector(ones(), space="other-7/text")],
        INVALID,
        Reason.SPACE_MISMATCH,
        "parts[1].vector.space",
    ),
    "a vector with NaN": (
        [vector(np.where(np.arange(256) == 7, np.nan, 1))],
        INVALID,
        Reason.VECTOR_INVALID,
        "parts[0].vector.data",
    ),
    "an unknown product": (
        [pb.QueryPart(product_id="no-such-product")],
        NOT_FOUND,
        Reason.PRODUCT_NOT_FOUND,
        "parts[0].product_id",
    ),
}


def refusal(call):
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value.code(), from_status(rpc_status.from_call(caught.value))


@pytest.fixture
def serves_as_before(shop):
    """After the test a good search is answered as it was before it."""
    before = shop.find(text())
    yield
    after = shop.find(text())
    assert [r.product.id for r in before.results] == [r.product.id for r in after.results]


@pytest.mark.usefixtures("serves_as_before")
class TestSearch:
    @pytest.mark.parametrize("case", CASES)
    def test_it_is_refused_by_name(self, shop, case):
        """The code is canonical, the reason is for programs, the field is the one to blame."""
        parts, code, reason, field = CASES[case]

        got_code, error = refusal(lambda: shop.find(*parts))

        assert (code, reason, field) == (got_code, error.reason, error.field)

    def test_an_unknown_catalogue(self, shop):
        """It is not made by searching it."""
        code, error = refusal(lambda: shop.find(text(), catalog="nowhere"))

        assert (NOT_FOUND, Reason.CATALOG_NOT_FOUND, "catalog") == (code, error.reason, error.field)

    @pytest.mark.parametrize("field", ["page_size", "fusion", "similarity", "ranking", "search_space"])
    def test_a_choice_that_does_not_exist(self, shop, field):
        """Enums and numbers are held to their bounds."""
        code, error = refusal(lambda: shop.find(text(), **{field: -1}))

        assert (INVALID, Reason.FIELD_INVALID, field) == (code, error.reason, error.field)

    def test_text_that_is_not_utf_8(self, shop):
        """Bytes that protobuf refuses to read are explained like any other mistake."""
        raw = pb.SearchProductsRequest(catalog=shop.catalog, parts=[text("xx")]).SerializeToString()
        method = shop.channel.unary_unary("/triptych.v1.ProductSearchService/SearchProducts")

        code, error = refusal(lambda: method(raw.replace(b"xx", b"\xff\xfe"), timeout=10))

        assert (INVALID, Reason.INVALID_UTF8, "parts[0].text") == (code, error.reason, error.field)


@pytest.mark.usefixtures("serves_as_before")
class TestUpsert:
    def test_a_broken_product_is_named_and_the_others_are_stored(self, shop):
        """Every way of being broken, in one batch with good products on both sides."""
        good = [types_pb2.Product(id=f"good-{i}", title=f"good product {i}") for i in range(2)]
        broken = [
            types_pb2.Product(id="nothing-to-encode"),
            types_pb2.Product(id="", title="no id"),
            types_pb2.Product(id="picture", title="x", images=[types_pb2.Media(data=b"no picture")]),
            types_pb2.Product(
                id="sound", title="x", audio=[types_pb2.Media(data=media.wav(np.zeros(32_000)))]
            ),
            types_pb2.Product(id="address", title="x", images=[types_pb2.Media(uri="file:///etc/passwd")]),
            types_pb2.Product(id="long", title="x" * 513),
        ]
        request = catalog_pb.UpsertProductsRequest(
            catalog="broken_batch", products=[good[0], *broken, good[1]]
        )

        results = shop.catalog_stub.UpsertProducts(request, timeout=30).results

        errors = [from_status(r.error) if r.HasField("error") else None for r in results]
        assert [None, None] == [errors[0], errors[-1]]
        assert [
            (Reason.PRODUCT_EMPTY, "products[1]"),
            (Reason.FIELD_INVALID, "products[2].id"),
            (Reason.IMAGE_UNREADABLE, "products[3].images[0].data"),
            (Reason.AUDIO_SILENT, "products[4].audio[0].data"),
            (Reason.URI_NOT_ALLOWED, "products[5].images[0].uri"),
            (Reason.FIELD_INVALID, "products[6].title"),
        ] == [(error.reason, error.field) for error in errors[1:-1]]
        for product in good:
            got = shop.catalog_stub.GetProduct(
                catalog_pb.GetProductRequest(catalog="broken_batch", id=product.id), timeout=10
            )
            assert got.product.etag
            got.product.ClearField("etag")
            assert product == got.product

    def test_a_product_that_is_not_there(self, shop):
        """GetProduct names the field."""
        request = catalog_pb.GetProductRequest(catalog=shop.catalog, id="no-such-product")

        code, error = refusal(lambda: shop.catalog_stub.GetProduct(request, timeout=10))

        assert (NOT_FOUND, Reason.PRODUCT_NOT_FOUND, "id") == (code, error.reason, error.field)
