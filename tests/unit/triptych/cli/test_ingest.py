"""`triptych ingest`: files of any kind and size, stopped and gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from triptych.cli import product_files
from triptych.cli.main import app


@pytest.fixture
def ingest(gateway, tmp_path):
    def call(file, *more):
        state = ["--state", str(tmp_path / "state")]
        words = ["ingest", str(file), "--address", gateway.address, *state, *map(str, more)]
        return CliRunner().invoke(app, words)

    return call


def write(path, *products):
    path.write_text("".join(json.dumps(each) + "\n" for each in products))
    return path


def errors_of(file):
    lines = file.with_name(f"{file.stem}.errors.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_errors_stand_once_and_in_order_whatever_was_interrupted(ingest, gateway, tmp_path):
    """A run that goes on adds to the file of errors what came after the first one's checkpoint."""
    products = [{"id": f"p{i}", "title": "bad" if i % 3 == 0 else "mug"} for i in range(20)]
    file = write(tmp_path / "p.jsonl", *products)
    gateway.window, gateway.breaks_on = 1, "p10"
    assert 1 == ingest(file).exit_code
    with (tmp_path / "p.errors.jsonl").open("a") as errors:
        errors.write('{"written": "and not in the checkpoint"}\n')
    gateway.breaks_on = ""

    result = ingest(file)

    assert 1 == result.exit_code
    assert "13 of 20 products are in catalogue 'default', 10 of them from an earlier run" in result.stdout
    assert [f"p{i}" for i in range(0, 20, 3)] == [each["id"] for each in errors_of(file)]


def test_a_file_of_errors_that_was_taken_away_is_no_trouble(ingest, gateway, tmp_path):
    """What comes after is written; nothing is made up in place of what is gone."""
    file = write(tmp_path / "p.jsonl", *({"id": f"p{i}", "title": "bad" if i else "mug"} for i in range(4)))
    gateway.window, gateway.breaks_on = 1, "p2"
    ingest(file)
    (tmp_path / "p.errors.jsonl").unlink()
    gateway.breaks_on = ""

    ingest(file)

    assert ["p2", "p3"] == [each["id"] for each in errors_of(file)]


def test_lines_of_any_length_are_read_in_bounded_memory(ingest, gateway, tmp_path, monkeypatch):
    """One that is too long is refused with its number; the lines behind it count on."""
    monkeypatch.setattr(product_files, "LINE_CHARACTERS_MAX", 64)
    file = tmp_path / "p.jsonl"
    lines = ['{"id": "a", "title": "mug"}', "x" * 64, "y" * 1000, '{"id": "b"', '{"id": "c", "title": "hat"}']
    file.write_text("\n".join(lines))

    assert 1 == ingest(file).exit_code
    assert ["line 2", "line 3", "line 4"] == [each["_error"].partition(":")[0] for each in errors_of(file)]
    assert {"a", "c"} == set(gateway.products)


def test_broken_rows_of_csv_are_refused_one_by_one(ingest, gateway, tmp_path, monkeypatch):
    """A field that is too long keeps no other row out; the number is that of the row's last line."""
    monkeypatch.setattr(product_files, "CSV_FIELD_CHARACTERS_MAX", 100)
    file = tmp_path / "p.csv"
    file.write_text(f'id,title\na,"red\nmug"\nb,{"x" * 200}\nc,hat\n')

    assert 1 == ingest(file).exit_code
    assert {"a": "red\nmug", "c": "hat"} == {each.id: each.title for each in gateway.products.values()}
    (error,) = errors_of(file)
    assert error["_error"].startswith("line 4:")


def test_values_of_another_kind_are_refused_line_by_line(ingest, gateway, tmp_path):
    """A number where a list or a path belongs keeps no other product out."""
    file = tmp_path / "p.jsonl"
    wrong = [5, "a.jpg", {"uri": "a.jpg"}, [5], [{"uri": 5}]]
    write(file, *({"id": f"w{at}", "images": images} for at, images in enumerate(wrong)), {"id": "p"})

    result = ingest(file)

    assert (1, {"p"}) == (result.exit_code, set(gateway.products)), result.output
    assert [f"w{at}" for at in range(5)] == [each["id"] for each in errors_of(file)]
    assert "line 1: images is a list" == errors_of(file)[0]["_error"]


def test_a_price_in_other_digits_is_refused_alone(ingest, gateway, tmp_path):
    """A superscript is a digit to Python, and no number."""
    file = tmp_path / "p.csv"
    file.write_text("id,price\na,1.² EUR\nb,1.5 EUR\n", encoding="utf-8")

    result = ingest(file)

    assert (1, {"b"}) == (result.exit_code, set(gateway.products)), result.output


def test_a_pipe_is_stored_too(gateway, tmp_path):
    """- reads JSON Lines from standard input; errors go to a file in the current folder."""
    lines = b'{"id": "a", "title": "mug"}\n\n{"id": "b", "title": "bad"}\n{"id": "c", "title": "\xff"}\n'
    command = [sys.executable, "-m", "triptych.cli.main", "ingest", "-", "--address", gateway.address]
    root = {"PYTHONPATH": str(Path.cwd()), "PATH": os.environ["PATH"]}
    result = subprocess.run(command, input=lines, cwd=tmp_path, env=root, capture_output=True, check=False)

    assert 1 == result.returncode, result.stderr
    assert b"1 of 3 products are in catalogue 'default'" in result.stdout
    errors = [json.loads(each) for each in (tmp_path / "stdin.errors.jsonl").read_text().splitlines()]
    assert ["line 3", "line 4"] == [each["_error"].partition(":")[0] for each in errors]


@pytest.fixture
def interruptible():
    """Processes that are started mind Ctrl-C, also where this one, in the background of a shell, was told not to."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_says_where_it_stopped(gateway, tmp_path):
    """The same command goes on from there; nothing is sent twice but what was under way."""
    file = write(tmp_path / "p.jsonl", *({"id": f"p{i}", "title": "mug"} for i in range(50)))
    gateway.window, gateway.pause_s = 1, 0.05
    command = [sys.executable, "-m", "triptych.cli.main", "ingest", str(file), "--address", gateway.address]
    command += ["--state", str(tmp_path / "state")]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while len(gateway.products) < 5:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=20)
    before = len(gateway.batches)
    gateway.pause_s = 0.0

    assert 130 == running.returncode, said
    assert "the same command goes on from there" in said
    assert "Traceback" not in said
    assert 0 == subprocess.run(command, check=False, capture_output=True).returncode
    assert 50 == len(gateway.products)
    assert before < 50
    assert 50 <= len(gateway.batches) <= 52
