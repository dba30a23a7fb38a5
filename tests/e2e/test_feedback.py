"""From searches to events to a ranking network, and recommendations, through the whole suite."""

import shutil

from training.data.letor import read_letor
from triptych.client import Client
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.v1.feedback_service_pb2 import ShownEvent

WORDS = ("red mug", "wooden chair", "striped shirt", "blue lamp", "green bag", "black shoe")


def test_events_become_a_ranking_network(shop, suite, tmp_path):
    """What the export writes, train-ranker reads; after a crash of the gateway all of it is there."""
    with Client(suite.address) as client:
        for number, words in enumerate(WORDS):
            answer = client.search(text=words, catalog="demo", page_size=10)
            events = [
                ShownEvent(
                    event_id=f"{number}-{place}",
                    attribution_token=answer.attribution_token,
                    product_id=answer.results[place].product.id,
                    type=kind,
                )
                for place, kind in ((1, types_pb2.EVENT_TYPE_CLICKED), (2, types_pb2.EVENT_TYPE_BOUGHT))
            ]
            assert [0, 0] == [outcome.code for outcome in client.record(events)]
    suite.kill("gateway")
    suite.wait_until_healthy()
    path, pack = tmp_path / "events.letor", tmp_path / "pack"
    exported = suite.run("events", "export", "--catalog", "demo", "--to", path, "--address", suite.address)
    assert 0 == exported.returncode, exported.stderr
    features = exported.stdout.split("--features ")[1].strip()
    read = read_letor(path)

    assert f"{len(WORDS)} searches" in exported.stdout
    assert [0, 2, 4, *[0] * 7] * len(WORDS) == read.labels.tolist()
    assert {"lexical", "similarity_fused", "log_popularity"} <= set(features.split(","))
    shutil.copytree("triton/model_repository", pack)
    trained = suite.run(
        "train-ranker", path, "--to", pack, "--features", features, "--loss", "listnet", timeout_s=300
    )
    assert 0 == trained.returncode, trained.stderr
    assert "listnet: NDCG@10" in trained.stdout


def test_recommendations(shop, suite):
    """Interests, popularity and habits, of the real index; the same whatever the order of the events."""
    ids = sorted(shop.items)[:6]
    viewed = [pb.CustomerEvent(product_id=each, type=types_pb2.EVENT_TYPE_VIEWED) for each in ids[:3]]
    bought = [pb.CustomerEvent(product_id=each, type=types_pb2.EVENT_TYPE_BOUGHT) for each in ids[3:]]
    disliked = [pb.CustomerEvent(product_id=ids[0], type=types_pb2.EVENT_TYPE_DISLIKED)]
    with Client(suite.address) as client:
        stranger = client.recommend(catalog="demo", page_size=10)
        found = client.recommend([*viewed, *bought], catalog="demo", page_size=10)
        again = client.recommend([*bought, *viewed], catalog="demo", page_size=10, include_bought=True)
        without = client.recommend([*viewed, *bought, *disliked], catalog="demo", page_size=100)
        backwards = client.recommend([*bought[::-1], *viewed[::-1]], catalog="demo", page_size=10)

    popularity = [each.product.popularity for each in stranger.results]
    assert sorted(popularity, reverse=True) == popularity
    assert 10 == len(found.results)
    assert set(ids[3:]).isdisjoint(each.product.id for each in found.results)
    assert pb.Recommendation.REASON_INTEREST in {each.reason for each in found.results}
    assert set(ids[3:]) & {each.product.id for each in again.results}
    assert ids[0] not in {each.product.id for each in without.results}
    assert list(found.results) == list(backwards.results)
