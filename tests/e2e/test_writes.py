"""Prices, words and late events through the running suite, as a shop's backend and a person at a terminal send them."""

import json

import pytest

from triptych.client import Client, TriptychClientError
from triptych.v1 import types_pb2

CATALOG = "writes"


@pytest.fixture
def client(suite, shop):
    with Client(suite.address) as opened:
        yield opened


def found(client, text, **wishes):
    """Return the score of each product that a search finds which sees every write."""
    answer = client.search(
        text=text, catalog=CATALOG, consistency=types_pb2.CONSISTENCY_STRONG, lexical_weight=0, **wishes
    )
    return {each.product.id: each.score for each in answer.results}


def test_updates_are_found_at_once_and_late_ones_change_nothing(suite, client, demo):
    """A price by its filter, words by their vectors, which are those of a product written as a whole."""
    picture = types_pb2.Media(data=next(demo.rglob("*.jpg")).read_bytes())
    mug = types_pb2.Product(id="mug", title="red mug", images=[picture])
    mug.update_time.seconds = 100
    (made,) = client.upsert([mug], catalog=CATALOG)
    assert not made.HasField("error"), made

    ran = suite.run(
        *("update", "mug", "--set", "price=7.50 EUR", "--time", "2001-09-09T01:46:40Z"),
        *("--catalog", CATALOG, "--address", suite.address, "--json"),
    )
    assert 0 == ran.returncode, ran.stdout + ran.stderr
    etag = json.loads(ran.stdout)["etag"]
    assert etag == client.get("mug", catalog=CATALOG).etag != made.etag
    assert ["mug"] == list(found(client, "red mug", filter="price = 7.5"))

    late = types_pb2.Product(id="mug", title="blue chair")
    late.price.units = 5
    late.update_time.seconds = 200
    assert ["price"] == list(client.update(late, catalog=CATALOG).superseded_paths)
    updated = [found(client, "blue chair", search_space=space) for space in range(4)]
    assert ["mug"] == list(found(client, "blue chair", filter="price = 7.5"))

    whole = types_pb2.Product(id="mug", title="blue chair", images=[picture])
    client.upsert([whole], catalog=CATALOG)
    again = [found(client, "blue chair", search_space=space) for space in range(4)]
    assert [{"mug": pytest.approx(each["mug"], abs=1e-5)} for each in again] == updated
    with pytest.raises(TriptychClientError) as error:
        client.update(types_pb2.Product(id="mug", brand="B", etag=etag), catalog=CATALOG)
    assert "ETAG_MISMATCH" == error.value.reason
