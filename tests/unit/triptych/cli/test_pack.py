"""`triptych pack` and `export` as a person uses them, without a running suite."""

import json

import pytest
from typer.testing import CliRunner

from triptych.cli import pack as pack_cli
from triptych.cli.main import app
from triptych.local import catalogs, switch
from triptych.local.settings import SuiteSettings
from triptych.packs.copying import copy_pack

SHIPPED = SuiteSettings.model_fields["model_repository"].default


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run `triptych` with a store and a state of its own."""
    monkeypatch.setenv("TRIPTYCH_PACKS", str(tmp_path / "packs"))
    monkeypatch.setenv("TRIPTYCH_STATE", str(tmp_path / "suite"))
    monkeypatch.delenv("TRIPTYCH_MODEL_REPOSITORY", raising=False)
    return lambda *arguments: CliRunner().invoke(app, [*map(str, arguments)])


def test_the_list_shows_the_shipped_pack_as_active(run):
    """And sound."""
    (row,) = json.loads(run("pack", "list", "--json").stdout)

    assert ("triptych-demo", True, "") == (row["name"], row["active"], row["problem"])


def test_the_list_says_what_is_broken(run, tmp_path):
    """With the reason, and the others beside it."""
    broken = copy_pack(SHIPPED, tmp_path / "packs" / "demo-2").folder
    (broken / "MODEL_CARD.md").unlink()

    rows = json.loads(run("pack", "list", "--json").stdout)

    assert ["", "pack triptych-demo-1 lacks MODEL_CARD.md"] == [row["problem"] for row in rows]


def test_a_choice_shows_in_the_list(run, tmp_path):
    """It needs no running suite."""
    copy_pack(SHIPPED, tmp_path / "packs" / "other")

    used = run("pack", "use", tmp_path / "packs" / "other")

    assert 0 == used.exit_code, used.output
    assert "will be served by" in used.output
    assert [False, True] == [row["active"] for row in json.loads(run("pack", "list", "--json").stdout)]


def test_what_was_compiled_elsewhere_is_not_run(run, tmp_path):
    """Python would take it for the source that was verified, which it need not be."""
    other = copy_pack(SHIPPED, tmp_path / "packs" / "other").folder
    compiled = other / "text_encoder/1/__pycache__"
    compiled.mkdir()
    (compiled / "model.cpython-311.pyc").write_bytes(b"other code")

    used = run("pack", "use", other)

    assert (0, False) == (used.exit_code, compiled.exists())


def test_a_broken_pack_cannot_be_chosen(run, tmp_path):
    """The reason is one line, the exit code 2."""
    other = copy_pack(SHIPPED, tmp_path / "packs" / "other").folder
    (other / "fusion/1/model.safetensors").write_bytes(b"x")

    used = run("pack", "use", other)

    assert 2 == used.exit_code
    assert "fusion/1/model.safetensors" in used.output


def test_an_unknown_pack_cannot_be_chosen(run):
    """Those that are known are named."""
    used = run("pack", "use", "nothing")

    assert 2 == used.exit_code
    assert "triptych-demo-1" in used.output


def test_a_forced_pack_forbids_a_choice(run, monkeypatch):
    """It would have no effect, so it is said."""
    monkeypatch.setenv("TRIPTYCH_MODEL_REPOSITORY", str(SHIPPED))

    used = run("pack", "use", "triptych-demo")

    assert 2 == used.exit_code
    assert "TRIPTYCH_MODEL_REPOSITORY" in used.output


class TestRunningSuite:
    @pytest.fixture(autouse=True)
    def suite(self, monkeypatch):
        """A suite that runs and holds a catalogue of another pack."""
        self.switched = []
        monkeypatch.setattr(switch, "is_running", lambda _: True)
        monkeypatch.setattr(catalogs, "misfits", lambda *_: {"shop": "mall-3, 8 dimensions"})
        monkeypatch.setattr(pack_cli, "_change_over", lambda _, pack, wait_s: self.switched.append(pack.id))

    def test_a_pack_that_does_not_fit_its_catalogues_is_refused(self, run):
        """With the reason and what to do."""
        used = run("pack", "use", "triptych-demo")

        assert 2 == used.exit_code
        for told in (
            "catalogue 'shop' was made by mall-3, 8 dimensions",
            "--catalog NEW",
            "--allow-mismatch",
        ):
            assert told in used.output
        assert [] == self.switched

    def test_who_insists_gets_it(self, run):
        """Only Triton is changed over."""
        used = run("pack", "use", "triptych-demo", "--allow-mismatch")

        assert 0 == used.exit_code, used.output
        assert ["triptych-demo-1"] == self.switched


def test_an_exported_pack_can_be_imported(run, tmp_path):
    """Under its own name and version; a second time only when asked to."""
    exported = run("export", "triptych-demo", "--to", tmp_path / "demo.tar.gz")
    assert 0 == exported.exit_code, exported.output

    imported = [
        run("pack", "import", tmp_path / "demo.tar.gz", *more).exit_code for more in ((), (), ("--replace",))
    ]

    assert [0, 2, 0] == imported
    assert ["triptych-demo-1"] == [path.name for path in (tmp_path / "packs").iterdir()]


def test_an_export_replaces_nothing(run, tmp_path):
    """What is there stays."""
    (tmp_path / "there").mkdir()

    assert 2 == run("export", "triptych-demo", "--to", tmp_path / "there").exit_code


def test_an_import_needs_to_know_what_it_gets(run, tmp_path):
    """The kinds are named."""
    imported = run("pack", "import", tmp_path)

    assert 2 == imported.exit_code
    assert "transformers | open_clip | onnx" in imported.output


@pytest.mark.parametrize("name", ["../up", "My Shop", "/etc"])
def test_a_name_that_is_no_name_is_refused(run, tmp_path, name):
    """Nothing is written outside the store."""
    imported = run("pack", "import", tmp_path, "--kind", "onnx", "--name", name, "--licence", "MIT")

    assert 2 == imported.exit_code
    assert "cannot be called" in imported.output
