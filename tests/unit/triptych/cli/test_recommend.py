"""`triptych recommend`, against a fake gateway."""

import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from triptych.cli.main import app
from triptych.v1 import types_pb2


@pytest.fixture
def run(gateway):
    """Run the command against the fake gateway."""
    return lambda *words: CliRunner().invoke(app, ["recommend", *words, "--address", gateway.address])


def sent(gateway) -> list[tuple[str, str, str]]:
    return [
        (
            event.product_id,
            types_pb2.EventType.Name(event.type).removeprefix("EVENT_TYPE_"),
            event.time.ToJsonString() if event.HasField("time") else "",
        )
        for event in gateway.recommendations[-1].events
    ]


def test_events_as_words(run, gateway):
    """A type and a product, and a time behind an @; an id may hold both signs."""
    result = run("--event", "bought:mug-7@2026-03-01T12:30:00+01:00", "--event", "viewed:a:b@home")

    assert 0 == result.exit_code, result.output
    assert [("mug-7", "BOUGHT", "2026-03-01T11:30:00Z"), ("a:b@home", "VIEWED", "")] == sent(gateway)
    assert "Red [mug]" in result.stdout
    assert "interest in mug-7" in result.stdout
    assert "events used 2 · interests mug-7 75%" in result.stdout


def test_events_in_a_file(run, gateway, tmp_path):
    """One a line; a time without a zone is UTC."""
    path = tmp_path / "events.jsonl"
    path.write_text(
        '{"product_id": "a", "type": "carted", "time": "2026-03-01"}\n\n'
        '{"product_id": "b", "type": "EVENT_TYPE_DISLIKED"}\n'
    )
    run("--events", str(path))

    assert [("a", "CARTED", "2026-03-01T00:00:00Z"), ("b", "DISLIKED", "")] == sent(gateway)


def test_everything_that_can_be_asked(run, gateway):
    """Each option reaches its field."""
    run(
        "--catalog", "shop", "--filter", "price < 5", "--include-bought", "--half-life-days", "2",
        "--diversity-lambda", "0.25", "--as-of", "2026-03-01", "--limit", "7",
    )  # fmt: skip
    asked = gateway.recommendations[-1]

    assert ("shop", "price < 5", True, 7) == (
        asked.catalog,
        asked.filter,
        asked.include_bought,
        asked.page_size,
    )
    assert (2 * 86_400, 0.25) == (asked.half_life.seconds, asked.diversity_lambda)
    assert datetime(2026, 3, 1, tzinfo=UTC) == asked.as_of.ToDatetime(UTC)


def test_nothing_to_recommend(run):
    """Said in words; of a stranger nothing is known."""
    assert ["nothing to recommend", "events used 0 · interests none"] == run().stdout.splitlines()


def test_as_json(run):
    """The response in protobuf's JSON mapping, and nothing else."""
    response = json.loads(run("--event", "viewed:a", "--json").stdout)

    assert "REASON_INTEREST" == response["results"][0]["reason"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "no JSON"),
        ("[]", "an event has a product_id and a type"),
        ('{"product_id": "a", "type": "eaten"}', "there is no type 'eaten'; types are viewed, clicked"),
        ('{"product_id": "a", "type": "viewed", "time": "noon"}', "'noon' is no time"),
    ],
)
def test_a_line_that_is_no_event(run, tmp_path, line, said):
    """One line that names file and line, and the exit code of wrong input."""
    path = tmp_path / "e.jsonl"
    path.write_text(f"\n{line}\n")
    result = run("--events", str(path))

    assert 2 == result.exit_code
    assert f"e.jsonl:2: {said}" in result.stderr.replace("\n", " ")


def test_a_word_that_is_no_event(run):
    """The option is named."""
    result = run("--event", "eaten:a")

    assert 2 == result.exit_code
    assert "--event eaten:a: there is no type 'eaten'" in result.stderr
