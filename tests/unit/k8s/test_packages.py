"""What an image of a room holds: the packages of its group in pyproject.toml, in the versions of the lock."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[3]
MODULES = {
    "gateway": "gateway.main",
    "encoder": "services.encoder.main",
    "fusion": "services.fusion.main",
    "search": "services.search.main",
    "ranker": "services.ranker.main",
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = PROJECT["dependency-groups"]
# What uv is told to leave out, whoever asks for it.
LEFT_OUT = {Requirement(text).name for text in PROJECT["tool"]["uv"]["override-dependencies"]}
LOCK = dict(line.split("==") for line in (ROOT / "requirements.lock").read_text().split())
HEAVY = {"torch", "transformers", "onnx", "ray", "nvidia-pytriton", "milvus", "milvus-lite", "scikit-learn"}

# Runs a module as if nothing were installed but the distributions named.
RUN_WITH = """
import importlib.abc, importlib.metadata, runpy, sys
module, allowed = sys.argv[1], set(sys.argv[2:])
owners = importlib.metadata.packages_distributions()
canonical = lambda name: name.lower().replace("_", "-").replace(".", "-")
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        owned = owners.get(name.partition(".")[0])
        if owned and not allowed & {canonical(each) for each in owned} and name.partition(".")[0] not in OURS:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
OURS = {"triptych", "services", "gateway"}
sys.meta_path.insert(0, Absent())
runpy.run_module(module, run_name="__main__")
"""


def requirements_of(group: str) -> list[str]:
    """Return what *group* asks for, with the groups that it includes."""
    return [
        each
        for entry in GROUPS[group]
        for each in (requirements_of(entry["include-group"]) if isinstance(entry, dict) else [entry])
    ]


def closure_of(group: str) -> set[str]:
    """Return the distributions that *group* brings, with all that they need here."""
    found: set[str] = set()
    waiting = [Requirement(text) for text in requirements_of(group)]
    while waiting:
        wanted = waiting.pop()
        extras = {"", *wanted.extras}
        key = f"{canonicalize_name(wanted.name)}[{','.join(sorted(wanted.extras))}]"
        if key in found or wanted.name in LEFT_OUT:
            continue
        found.add(key)
        waiting += [
            each
            for each in map(Requirement, importlib.metadata.requires(wanted.name) or [])
            if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in extras)
        ]
    return {key.partition("[")[0] for key in found}


def started(room: str, packages: set[str], folder: Path) -> "subprocess.Popen[str]":
    """Start *room* with nothing but *packages*."""
    told = {
        "PORT": "0",
        "METRICS_PORT": "0",
        "DRAIN_MS": "0",
        "LEXICAL_PATH": str(folder / "lexical.db"),
        # What is imported only where spans are sent is to be there too.
        "TRACING_ENDPOINT": "http://127.0.0.1:9",
    }
    return subprocess.Popen(
        [sys.executable, "-c", RUN_WITH, MODULES[room], *sorted(packages)],
        cwd=ROOT,
        env={**os.environ, **{f"TRIPTYCH_{room.upper()}_{name}": value for name, value in told.items()}},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("room", MODULES)
def test_room_needs_nothing_but_its_group(room: str, tmp_path: Path):
    """It listens where nothing else is installed, and stops when it is told to."""
    with started(room, closure_of(room), tmp_path) as process:
        said = []
        for line in process.stdout:
            said.append(line)
            if '"listening"' in line:
                process.terminate()
        process.wait()

    assert (0, True) == (process.returncode, '"listening"' in "".join(said)), "".join(said)


def test_a_package_that_is_not_in_the_group_is_missed(tmp_path: Path):
    """The test above would see it: the encoder does not start with the packages of the gateway."""
    with started("encoder", closure_of("gateway"), tmp_path) as process:
        said = process.stdout.read()

    assert "No module named 'tritonclient'" in said


@pytest.mark.parametrize("room", MODULES)
def test_no_room_carries_models_or_engines(room: str):
    """Torch and its kind stay in Triton, the engines where they run."""
    assert set() == closure_of(room) & HEAVY


@pytest.mark.parametrize("group", [*MODULES, "triton-cpu"])
def test_images_hold_what_the_lock_says(group: str):
    """Every package of an image has its version in the lock."""
    assert set() == closure_of(group) - {canonicalize_name(name) for name in LOCK}


def test_dockerfile_builds_each_room_from_its_group():
    """Each room has a target, which takes its group, its code and its module, and is no root."""
    stages = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    named = {stage.split()[2]: stage for stage in stages if " AS " in stage.splitlines()[0]}

    for room, module in MODULES.items():
        folder = module.rpartition(".")[0].replace(".", "/")
        assert f"--group {room}\n" in named[f"{room}-packages"]
        assert f"COPY --from={room}-packages /venv /venv\n" in named[room]
        assert f"COPY --from=code /app/{folder} {folder}\n" in named[room]
        assert f'CMD ["-m", "{module}"]' in named[room]
        assert "USER 65532:65532\n" in named[room]
