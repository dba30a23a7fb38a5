"""`triptych evaluate`: what is wrong is one line and exit code 2, and a comparison is told plainly."""

import json

import pytest
from typer.testing import CliRunner

from training.evaluation.figures import METRICS
from triptych.cli.main import app


def run(*arguments):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)], env={"COLUMNS": "200"})


def write_report(folder, values, queries=("q1", "q2", "q3"), digest="d"):
    """A report of one direction in which every metric has these values."""
    folder.mkdir()
    direction = {"name": "text → image", "queries": queries, "per_query": dict.fromkeys(METRICS, values)}
    subject = {"pack": folder.name, "data": "shop", "through": "offline"}
    content = {"format": 1, "subject": subject, "queries": digest, "directions": [direction]}
    (folder / "report.json").write_text(json.dumps(content))
    return folder


def test_nothing_to_evaluate_is_said():
    """With what could be given."""
    result = run()

    assert 2 == result.exit_code
    assert "DATA and --pack FOLDER or --address HOST:PORT" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--modalities", "smell"), "allowed are text, image, audio"),
        (("--fusion", "magic"), "allowed are concatenation, weighted_sum, bilinear, learned"),
        (("--pack", "nothing"), "there is no pack 'nothing'"),
    ],
)
def test_a_choice_that_is_none_is_refused(tmp_path, arguments, said):
    """With those that are."""
    result = run(tmp_path, *arguments)

    assert 2 == result.exit_code
    assert said in result.output


def test_data_that_is_none_is_refused(tmp_path):
    """As training refuses it."""
    result = run(tmp_path / "none", "--address", "127.0.0.1:1")

    assert 2 == result.exit_code
    assert "none" in result.output


def test_the_better_of_two_is_named(tmp_path):
    """And written to comparison.json."""
    a, b = write_report(tmp_path / "a", [0.9, 0.8, 1.0]), write_report(tmp_path / "b", [0.1, 0.2, 0.3])

    result = run("--compare", a, b, "--to", tmp_path / "out")

    assert 0 == result.exit_code, result.output
    assert "text → image: A is better (nDCG@10 0.900 against 0.200" in result.output
    written = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert "A" == written["differences"]["text → image"]["MRR"]["better"]


def test_reports_over_other_queries_are_not_compared(tmp_path):
    """Whatever their numbers."""
    a, b = write_report(tmp_path / "a", [1, 1, 1]), write_report(tmp_path / "b", [1, 1, 1], digest="e")

    result = run("--compare", a, b)

    assert 2 == result.exit_code
    assert "over different queries" in result.output
