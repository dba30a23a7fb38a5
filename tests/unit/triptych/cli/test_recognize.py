"""`triptych recognize`, against a fake gateway."""

import json

import pytest
from typer.testing import CliRunner

from triptych.cli.main import app
from triptych.v1 import types_pb2


@pytest.fixture
def run(gateway, tmp_path):
    """Recognise a photo of these bytes."""
    gateway.products = {name: types_pb2.Product(id=name, title=f"title {name}") for name in ("a", "b", "c")}

    def recognise(photo: bytes, *options):
        path = tmp_path / "photo.jpg"
        path.write_bytes(photo)
        return CliRunner().invoke(app, ["recognize", str(path), *options, "--address", gateway.address])

    return recognise


def test_what_a_photo_shows(run):
    """What it is, which products it may be, and that the catalogue has no calibration of its own."""
    result = run(b"photo", "--matches", "2")

    assert 0 == result.exit_code, result.output
    lines = result.stdout.splitlines()
    assert "known with probability 0.75" == lines[0]
    assert "not calibrated on this catalogue: see triptych calibrate --recognition" == lines[-1]
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if line.startswith("│")]
    assert [
        ["category", "mug", "0.50"],
        ["colour", "red", "0.62"],
        ["a", "title a", "0.38", "0.8750", "1"],
        ["b", "title b", "0.38", "0.8750", "1"],
    ] == cells


def test_nothing_like_it(run):
    """Guesses would only mislead."""
    result = run(b"other", "--region", "0,0,0.5,1")

    expected = "nothing like it is in the catalogue (probability that there is: 0.25)"
    assert [expected] == result.stdout.splitlines()


def test_as_json(run):
    """The response in protobuf's JSON mapping, and nothing else."""
    assert 0.75 == json.loads(run(b"photo", "--json").stdout)["knownProbability"]


@pytest.mark.parametrize("region", ["0,0,1", "0,0,1,1,1", "a,b,c,d"])
def test_a_region_that_is_none(run, region):
    """It is shown as it was written."""
    result = run(b"photo", "--region", region)

    assert 2 == result.exit_code
    assert f"--region {region}: four numbers are expected" in result.stderr
