"""What the ranking networks see of a product."""

import math

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from gateway.adapters.products import PackedProducts
from gateway.translate.products import new_product
from triptych.v1.types_pb2 import Media, Product

NOW_S = 1_800_000_000


def features(**fields):
    return PackedProducts(now=lambda: NOW_S).features(Product(id="a", **fields).SerializeToString())


def test_everything_that_is_known():
    """Price and popularity by their logarithms, the age in days, stock as 0 or 1."""
    known = features(
        price=Money(units=9, nanos=500_000_000),
        popularity=99,
        in_stock=False,
        update_time=Timestamp(seconds=NOW_S - 3 * 86_400),
    )

    expected = {
        "log_price": math.log(10.5),
        "log_popularity": math.log(100),
        "in_stock": 0,
        "freshness_days": 3,
    }
    assert expected == pytest.approx(known)


def test_what_is_not_known_is_left_out():
    """A missing price is no price of 0."""
    assert {"log_popularity": 0} == features()


def test_impossible_facts_stay_finite():
    """A product from the future is new; a negative price is none."""
    known = features(price=Money(units=-5), update_time=Timestamp(seconds=NOW_S + 60))

    assert {"log_popularity": 0, "log_price": 0, "freshness_days": 0} == known


PICTURE, SOUND = Media(data=b"x"), Media(uri="https://shop.example/a.wav")


def stored(**ids):
    sent = new_product(Product(id="a", title="Mug", images=[PICTURE, PICTURE], audio=[SOUND]))
    return PackedProducts().with_content_ids(sent.record, {"images[1]": "sha256:1", **ids})


def test_a_record_tells_under_which_ids_its_media_were_kept():
    """Each medium has its own id, or none where it was not kept; bytes are gone."""
    record = Product.FromString(stored())

    assert ["", "sha256:1"] == [image.content_id for image in record.images]
    assert not any(image.WhichOneof("source") for image in record.images)


def test_what_can_be_encoded_again():
    """Words, kept media by their ids, others by their addresses; what is neither has no source."""
    contents = PackedProducts().contents(stored())

    assert ["Mug", "", "", ""] == [content.text for content in contents]
    assert ["title", "images[0]", "images[1]", "audio[0]"] == [content.field for content in contents]
    assert ["", "sha256:1", ""] == [content.media.content_id for content in contents[1:]]
    assert "https://shop.example/a.wav" == contents[3].media.uri


def test_a_client_s_content_id_says_nothing():
    """Who knows the id of another one's picture can neither search with it nor have it in a product."""
    sent = new_product(Product(id="a", images=[Media(data=b"x", content_id="sha256:9")]))

    assert [""] == [image.content_id for image in Product.FromString(sent.record).images]
    assert "" == sent.contents[0].media.content_id
