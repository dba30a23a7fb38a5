"""`triptych events export`, against a fake gateway."""

import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from training.data.letor import read_letor
from triptych.cli.main import app
from triptych.v1 import feedback_service_pb2 as pb

VIEWED, CLICKED, CARTED, BOUGHT, DISLIKED = range(1, 6)
NAN = math.nan


def answer(kind: str, features: list[str], *products: tuple[str, list[float], list[int]]) -> pb.ShownAnswer:
    shown = [pb.ShownProduct(product_id=i, features=values, events=done) for i, values, done in products]
    return pb.ShownAnswer(search_id="s", query_kind=kind, features=features, products=shown)


@pytest.fixture
def run(gateway, tmp_path):
    """Export what the fake gateway has; returns the result and the file."""
    curve = ["cosine", "gap", "lexical", "log_price"]
    gateway.answers = [
        answer(
            "text",
            curve,
            ("a#1", [0.5, 0, 2, NAN], []),
            ("b", [0.25, 0.25, 0, 3], [CLICKED]),
            ("c", [0] * 4, []),
        ),
        answer("recommendation", ["log_price"], ("a", [1], [BOUGHT])),
        answer("browse", ["log_price"], ("a", [1], [BOUGHT])),
        answer("image", ["similarity_image"], ("a", [0.75], [BOUGHT, DISLIKED]), ("d", [0.5], [CARTED])),
    ]
    path = tmp_path / "out"

    def export(*words):
        command = ["events", "export", "--to", str(path), *words, "--address", gateway.address]
        return CliRunner().invoke(app, command), path

    return export


def test_letor(run):
    """A column for each feature of any search; unknown values are told apart from 0."""
    result, path = run()
    read = read_letor(path, missing=NAN)

    assert 0 == result.exit_code, result.output
    assert ["2 searches", "--features lexical,log_price,similarity_image"] == result.stdout.splitlines()
    assert [0, 2, 0, 0, 3] == read.labels.tolist()
    assert [1, 1, 1, 2, 2] == read.queries.tolist()
    expected = [[2, NAN, NAN], [0, 3, NAN], [0, 0, NAN], [NAN, NAN, 0.75], [NAN, NAN, 0.5]]
    assert pytest.approx(np.array(expected), nan_ok=True) == read.features


def test_judgements(run):
    """Of searches that curves can be fitted on, down to the last product that anything was done with."""
    result, path = run("--as", "judgements")

    assert ["1 searches"] == result.stdout.splitlines()
    assert {
        "kind": "text",
        "products": [
            {"id": "a#1", "values": {"cosine": 0.5, "lexical": 2, "gap": 0}, "relevant": False},
            {"id": "b", "values": {"cosine": 0.25, "lexical": 0, "gap": 0.25}, "relevant": True},
        ],
    } == json.loads(path.read_text())


def test_all_pages_are_read(run, gateway):
    """One call a page."""
    gateway.answers = gateway.answers * 2
    run("--catalog", "shop", "--as", "judgements")

    assert [("shop", ""), ("shop", "3")] == [(r.catalog, r.page_token) for r in gateway.listings]


def test_a_file_that_cannot_be_written(run, tmp_path):
    """One line, and the exit code of wrong input."""
    (tmp_path / "out").mkdir()
    result, _ = run()

    assert 2 == result.exit_code
    assert "Is a directory" in result.stderr
