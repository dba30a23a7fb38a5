"""`triptych catalog …` and `triptych check`."""

import json

import pytest
from typer.testing import CliRunner

from triptych.cli.main import app
from triptych.v1 import maintenance_service_pb2 as pb
from triptych.v1 import types_pb2

ORPHAN = pb.Inconsistency(
    kind=pb.Inconsistency.KIND_VECTOR_WITHOUT_PRODUCT,
    product_id="gone",
    space=types_pb2.SEARCH_SPACE_IMAGE,
    view=2,
)


@pytest.fixture
def run(gateway, monkeypatch):
    """Run a command against the fake gateway."""
    monkeypatch.setenv("TRIPTYCH_ADDRESS", gateway.address)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_catalogues_are_made_listed_and_removed(run, gateway):
    """All pages of the list are shown; removal asks first."""
    assert 0 == run("catalog", "create", "shoes").exit_code
    assert 0 == run("catalog", "create", "hats").exit_code
    listed = run("catalog", "list").stdout
    assert "shoes" in listed
    assert "hats" in listed
    assert ["shoes", "hats"] == [
        each["catalog"] for each in json.loads(run("catalog", "list", "--json").stdout)["catalogs"]
    ]
    assert 0 != run("catalog", "delete", "shoes").exit_code
    assert 0 == run("catalog", "delete", "shoes", "--yes").exit_code
    assert ["hats"] == gateway.made


def test_a_catalogue_is_shown(run, gateway):
    """How many products, in which spaces, with which attributes."""
    gateway.products["a"] = types_pb2.Product(id="a")
    shown = run("catalog", "show", "shoes").stdout
    for expected in ("1 products, vectors of demo-1, not calibrated", "fused", "256", "colour"):
        assert expected in shown
    assert "demo-1" == json.loads(run("catalog", "show", "--json").stdout)["pack"]


def test_names_in_brackets_are_printed_as_they_are(run, gateway):
    """What a product is called is no command to the terminal: neither eaten nor stumbled over."""
    gateway.products["[/a]"] = types_pb2.Product(id="[/a]", title="[red]mug [/]", brand="[/b]")

    shown, removed = run("get", "[/a]"), run("delete", "[/a]", "[/gone]")

    assert (0, 0) == (shown.exit_code, removed.exit_code)
    for expected in ("[/a]", "[red]mug [/]", "[/b]"):
        assert expected in shown.stdout
    assert "1 removed, not there: [/gone]" == removed.stdout.strip()


def test_attributes_in_brackets_are_shown_as_they_are(run, gateway):
    """In tables too."""
    gateway.attribute = "[/size]"

    shown = run("catalog", "show")

    assert (0, True) == (shown.exit_code, "[/size]" in shown.stdout)


def test_a_check_tells_what_is_wrong_by_its_exit_code(run, gateway):
    """0 where all is well or mended, 1 where something is left."""
    whole = run("check")
    assert (0, "looked at 3 records, 4 words; 0 to mend") == (whole.exit_code, whole.stdout.strip())

    gateway.inconsistencies = [ORPHAN]
    broken = run("check")
    assert 1 == broken.exit_code
    assert "found: vector without product: gone (image 2)" in broken.stdout
    assert ["gone"] == [
        each["productId"] for each in json.loads(run("check", "--json").stdout)["inconsistencies"]
    ]

    mended = pb.Inconsistency(repaired=True)
    mended.MergeFrom(ORPHAN)
    gateway.inconsistencies = [mended]
    result = run("check", "--repair")
    assert 0 == result.exit_code
    assert "mended: vector without product: gone (image 2)" in result.stdout


def test_media_that_no_product_names_are_told_and_removed(run, gateway):
    """1 where they are left, 0 once they are gone or there are none."""
    assert (0, "looked at 3 products; 0 media to mend") == (
        (whole := run("check", "--media")).exit_code,
        whole.stdout.strip(),
    )

    gateway.unnamed = ["sha256:ab"]
    told = run("check", "--media")
    assert 1 == told.exit_code
    assert "no product names it: sha256:ab" in told.stdout
    removed = run("check", "--media", "--repair")
    assert 0 == removed.exit_code
    assert "removed: no product names it: sha256:ab" in removed.stdout
    assert ["sha256:ab"] == json.loads(run("check", "--media", "--json").stdout)["unnamedContentIds"]
