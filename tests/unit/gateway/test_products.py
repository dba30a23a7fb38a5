"""What the ranking networks see of a product."""

import math

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from gateway.adapters.products import PackedProducts
from triptych.v1.types_pb2 import Product

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
