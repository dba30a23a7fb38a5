"""`triptych demo`, with a small catalogue, really made, and a fake gateway in place of the suite."""

import contextlib
import json
import re

import pytest
import typer
from typer.testing import CliRunner

from triptych.cli import demo
from triptych.cli.demo_samples import Sample, SamplePart
from triptych.cli.main import app
from triptych.v1 import product_search_service_pb2 as pb

PRODUCTS = 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A catalogue, made as the command makes it; once, since drawing takes seconds."""
    made = tmp_path_factory.mktemp("demo")
    with demo.making_catalogue(made, PRODUCTS):
        pass
    return made


@pytest.fixture
def run(gateway, folder, tmp_path, monkeypatch):
    """Run the command; the suite is said to be up already, at the fake gateway's port."""
    monkeypatch.setenv("TRIPTYCH_GATEWAY_PORT", gateway.address.rpartition(":")[2])
    monkeypatch.setenv("TRIPTYCH_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(demo, "up", lambda *_, **__: None)
    monkeypatch.setattr(demo, "making_catalogue", lambda *_: contextlib.nullcontext())
    options = ["demo", "--folder", str(folder), "--products", str(PRODUCTS), "--limit", "2"]
    return lambda: CliRunner().invoke(app, options)


@pytest.mark.slow
class TestDemo:
    def test_makes_loads_searches_and_shows(self, run, gateway, folder):
        """After one command every product is stored, every way to ask was tried, and the page shows it."""
        result = run()

        assert 0 == result.exit_code, result.output
        assert PRODUCTS == len(gateway.products)
        assert {"demo"} == {request.catalog for request in gateway.searches}
        kinds = [[part.WhichOneof("content") for part in request.parts] for request in gateway.searches]
        assert [
            ["text"],
            ["text"],
            ["image"],
            ["audio"],
            ["image", "text"],
            ["image", "text", "audio"],
            ["text"] * 2,
        ] == kinds
        assert "make down" in result.output
        assert 7 == (folder / "index.html").read_text().count("<section ")

    def test_a_second_run_sends_nothing_again(self, run, gateway):
        """What is stored is not stored again; the searches are."""
        run()
        gateway.batches.clear()
        gateway.searches.clear()
        result = run()

        assert 0 == result.exit_code, result.output
        assert [] == gateway.batches
        assert 7 == len(gateway.searches)

    def test_files_of_the_page_exist(self, run, folder):
        """Pictures and sounds are named relative to the page, so that it works wherever the folder lies."""
        run()

        named = re.findall(r'src="([^"]+)"', (folder / "index.html").read_text())
        assert named
        assert [] == [name for name in named if not (folder / name).is_file()]

    def test_a_refused_search_is_one_line(self, run, monkeypatch):
        """A failure of the suite ends the command with its reason, without a traceback."""
        monkeypatch.setattr(demo, "CATALOG", "nowhere")
        result = run()

        assert 2 == result.exit_code
        assert "NOT_FOUND CATALOG_NOT_FOUND (catalog)" in result.stderr
        assert "Traceback" not in result.output


class TestMakingCatalogue:
    def test_failure_is_told_in_one_line(self, tmp_path, capsys):
        """Where the folder cannot be made, the last line of the complaint is shown."""
        in_the_way = tmp_path / "file"
        in_the_way.write_text("")

        with pytest.raises(typer.Exit), demo.making_catalogue(in_the_way / "demo", PRODUCTS):
            pass
        assert 1 == len([line for line in capsys.readouterr().err.splitlines() if line.startswith("error")])

    def test_stops_when_the_suite_does_not_start(self, tmp_path):
        """No process goes on drawing pictures behind a command that has failed."""
        with pytest.raises(KeyboardInterrupt), demo.making_catalogue(tmp_path, PRODUCTS):
            raise KeyboardInterrupt

        assert not (tmp_path / "queries" / "queries.jsonl").exists()


class TestPicturesById:
    def test_in_the_order_of_the_product(self, tmp_path):
        """The first is the catalogue picture; a view's number is its place."""
        images = [{"uri": "images/a-0.jpg"}, {"uri": "images/a-1.jpg"}]
        (tmp_path / "products.jsonl").write_text(json.dumps({"id": "a", "images": images}) + "\n")

        assert {"a": ["images/a-0.jpg", "images/a-1.jpg"]} == demo.pictures_by_id(tmp_path / "products.jsonl")


def test_asked_says_each_part():
    """The line above an answer names words, files and weights."""
    parts = (
        SamplePart("text", "mug", weight=-0.5),
        SamplePart("image", file="queries/a.jpg"),
        SamplePart("audio", "red mug", "queries/a.wav"),
    )

    expected = "'mug' × -0.5 + photo queries/a.jpg + voice 'red mug'"
    assert expected == demo.asked(Sample("", parts))


def test_a_search_is_printed(capsys):
    """Brackets in a query are no markup, and an empty answer says so."""
    sample = Sample("Words", (SamplePart("text", "[bold]mug[/]"),))

    demo.show(demo.Found(sample, pb.SearchProductsResponse(), ["the voice says: [mug]"]))

    printed = capsys.readouterr().out
    assert "[bold]mug[/]" in printed
    assert "the voice says: [mug]" in printed
    assert "nothing found" in printed
