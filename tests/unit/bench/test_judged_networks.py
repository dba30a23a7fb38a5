"""Judgements as events, and the halves of queries that networks learn from."""

import json
from types import SimpleNamespace

import pytest

from bench import judged_networks
from bench.hybrid_rows import ROWS, WARM_UPS, Measured, ask
from bench.judged_networks import judged_answers, networks
from triptych.cli.event_files import grade
from triptych.runtime.validation import validate
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1.feedback_service_pb2 import ShownAnswer, ShownProduct
from triptych.v1.types_pb2 import Product

JUDGED = {"mug": {"a": 4, "b": 1}, "lamp": {"z": 3}, "chair": {"b": 2}}


class FakeShop:
    """Shows the products a, b, c whatever is asked for, and keeps events."""

    def __init__(self):
        self.answers = {}
        self.asked = 0

    def search(self, *, text, **_):
        self.asked += 1
        results = [pb.SearchResult(product=Product(id=each)) for each in "abc"]
        return pb.SearchProductsResponse(results=results, attribution_token=text)

    def record(self, events, **_):
        products = [ShownProduct(product_id=each, features=[0.5, 2]) for each in "abc"]
        for product in products:
            product.events.extend(event.type for event in events if event.product_id == product.product_id)
        answer = ShownAnswer(query_kind="text", features=["lexical", "similarity_fused"], products=products)
        self.answers[events[0].attribution_token] = answer
        return [SimpleNamespace(code=0) for _ in events]

    def events(self, **_):
        return iter(self.answers.values())


@pytest.fixture
def letor(monkeypatch, tmp_path):
    """Return a function that tells what networks would be trained on with queries held out."""
    monkeypatch.setattr(judged_networks, "train_ranker", lambda *_, **__: None)
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "pack.json").write_text(json.dumps({}))
    answers = list(judged_answers(FakeShop(), "shop", JUDGED))

    def told(held_out, *, shown):
        folder = networks(pack, tmp_path / "half", answers, frozenset(held_out), seed=0, shown=shown)
        lines = folder.with_suffix(".letor").read_text().splitlines()[1:]
        return [line.replace(" # ", " ") for line in lines]

    return told


def test_judgements_come_back_as_grades():
    """A judgement of 1 to 4 is graded alike; a query of which nothing judged was shown has no answer."""
    answers = dict(judged_answers(FakeShop(), "shop", JUDGED))

    assert {"mug": [4, 1, 0], "chair": [0, 2, 0]} == {
        query: [grade(product) for product in answer.products] for query, answer in answers.items()
    }


def test_held_out_queries_are_not_learned_from(letor):
    """Only the judged products of the other queries are there, or with them all that was shown."""
    assert ["2 qid:1 1:2 2:0.5 b"] == letor(["mug"], shown=False)
    assert ["0 qid:1 1:2 2:0.5 a", "2 qid:1 1:2 2:0.5 b", "0 qid:1 1:2 2:0.5 c"] == letor(["mug"], shown=True)


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_requests(name):
    """Each is a request that the schema allows."""
    validate(pb.SearchProductsRequest(parts=[pb.QueryPart(text="red mug")], page_size=100, **ROWS[name]))


def test_warm_ups_do_not_count():
    """Every row has a call for each query, and of each query a figure."""
    rows, shop = {name: Measured() for name in ROWS}, FakeShop()
    ask(shop, "shop", JUDGED, ["mug", "chair", "mug", "chair"], 0, rows)

    assert (4 + WARM_UPS) * len(ROWS) == shop.asked
    assert {4} == {len(each.calls_s) for each in rows.values()}
    assert [{"mug": 1.0}] * len(ROWS) == [{"mug": each.ndcg["mug"]} for each in rows.values()]
