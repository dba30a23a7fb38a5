"""The pages that list things list all of them, and nothing else."""

import importlib
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY, Counter

import gateway
import services
import triptych
from triptych.local.settings import SuiteSettings
from triptych.runtime.errors import CODES
from triptych.runtime.settings import ServerSettings
from triptych.vocabulary.errors import Reason

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def rows(page):
    """The tables' rows of a page by their first cell: the other cells."""
    lines = (DOCS / page).read_text().splitlines()
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines if line.startswith("| `")]
    return {first.strip().strip("`"): [cell.strip() for cell in others] for first, *others in cells}


def import_everything():
    for package in (gateway, services, triptych):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def settings_classes():
    import_everything()
    found = [ServerSettings]
    for kind in found:
        found += kind.__subclasses__()
    return [kind for kind in found if kind.__module__.partition(".")[0] in {"gateway", "services"}]


class TestSettings:
    def test_every_field_of_every_room_is_listed(self):
        """A variable stands in its room's table, or among those of every room with the same default."""
        listed = set(rows("settings.md"))

        missing = []
        for kind in settings_classes():
            prefix = kind.model_config["env_prefix"]
            for name, field in kind.model_fields.items():
                shared = ServerSettings.model_fields.get(name)
                inherited = shared is not None and shared.default == field.default
                names = {f"{prefix}{name}".upper()} | (
                    {f"TRIPTYCH_<ROOM>_{name.upper()}"} if inherited else set()
                )
                if not names & listed:
                    missing.append(f"{prefix}{name}".upper())

        assert 5 == len(settings_classes())
        assert [] == missing

    def test_every_field_of_the_local_suite_is_listed(self):
        """Its ports and folders are settings too."""
        assert {f"TRIPTYCH_{name.upper()}" for name in SuiteSettings.model_fields} <= set(rows("settings.md"))

    def test_every_variable_of_the_command_line_is_named(self):
        """What an option reads from the environment stands on the page."""
        sources = [path.read_text() for path in (ROOT / "triptych" / "cli").glob("*.py")]
        variables = {name for source in sources for name in re.findall(r'envvar="(\w+)"', source)}

        page = (DOCS / "settings.md").read_text()
        assert variables
        assert [] == [name for name in variables if f"`{name}`" not in page]


class TestMetrics:
    def test_every_metric_is_listed_with_its_labels_and_no_other(self):
        """The page and the registry hold the same names, types and labels."""
        import_everything()
        metrics = {m for name, m in REGISTRY._names_to_collectors.items() if name.startswith("triptych_")}

        registered = {
            metric._name + ("_total" if isinstance(metric, Counter) else ""): (
                type(metric).__name__.lower(),
                list(metric._labelnames),
            )
            for metric in metrics
        }
        listed = {
            name: (cells[0], re.findall(r"`(\w+)`", cells[1])) for name, cells in rows("metrics.md").items()
        }
        assert registered == listed

    def test_every_label_is_explained(self):
        """What a label's values mean stands above the tables."""
        prose, _, tables = (DOCS / "metrics.md").read_text().partition("\n## ")

        labels = {label for line in tables.splitlines() for label in re.findall(r"`([a-z]+)`", line)}
        assert labels
        assert [] == [label for label in labels if f"`{label}`" not in prose]


class TestErrors:
    def test_every_reason_is_listed_and_no_other(self):
        """A client can look up whatever reason it meets."""
        listed = {name for name in rows("errors.md") if name.isupper()}

        assert {reason.value for reason in Reason} == listed

    def test_codes_are_those_of_the_one_table(self):
        """Each reason names codes that a room can answer with, and says when and what to do."""
        from google.rpc.code_pb2 import Code

        codes = {Code.Name(code) for code in CODES.values()}
        for name, cells in rows("errors.md").items():
            if name.isupper():
                code, when, todo = cells
                assert set(code.split(", ")) <= codes, name
                assert when, name
                assert todo, name


def test_tables_are_current():
    """Defaults, bounds and meanings are those of the code."""
    check = subprocess.run(
        [sys.executable, ROOT / "scripts" / "docs.py", "--check"],
        cwd=ROOT,
        # Of this folder, wherever else the package is installed from.
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (check.returncode, check.stdout + check.stderr)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """A link to a file of the repository finds it."""
    targets = [link.partition("#")[0] for link in LINK.findall(page.read_text()) if "://" not in link]

    assert [] == [target for target in targets if target and not (page.parent / target).exists()]


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_make_targets_exist(page):
    """A `make` command that a page shows can be typed."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", page.read_text(), re.MULTILINE))

    assert shown
    assert set() == shown - targets


def test_decisions_are_numbered():
    """Each record has a number of its own, none is left out, and its title has the same."""
    records = sorted((DOCS / "adr").glob("*.md"))
    numbers = [int(path.name.partition("-")[0]) for path in records]
    assert list(range(1, len(records) + 1)) == numbers
    assert numbers == [int(path.read_text().removeprefix("# ").partition(".")[0]) for path in records]
