"""Packs in the running suite: evaluated through it, refused where they do not fit, changed without a stop."""

import json
from pathlib import Path

import pytest

from tests.small_models import clip
from training.evaluation.demo_data import write_dataset
from triptych.packs.copying import copy_pack

SHIPPED = "triton/model_repository"
PRODUCTS = 24
QUERIES = 4


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A little of the demonstration catalogue's test part, with queries."""
    folder = tmp_path_factory.mktemp("data")
    write_dataset(folder, "test", PRODUCTS * 8, QUERIES)
    lines = (folder / "manifest.jsonl").read_text().splitlines(keepends=True)
    (folder / "manifest.jsonl").write_text("".join(lines[:PRODUCTS]))
    return folder


def figures(folder):
    """Every figure of a report, by direction and metric."""
    directions = json.loads((folder / "report.json").read_text())["directions"]
    return {
        (each["name"], metric): figure["mean"]
        for each in directions
        for metric, figure in each["figures"].items()
    } | {(each["name"], "pairs"): each["pair_accuracy"] for each in directions}


def test_the_suite_and_its_pack_offline_give_the_same_figures(suite, data, tmp_path):
    """In every direction and mix, to a thousandth."""
    for name, way in {"offline": ("--pack", SHIPPED), "suite": ("--address", suite.address)}.items():
        done = suite.run("evaluate", data, *way, "--to", tmp_path / name)
        assert 0 == done.returncode, done.stderr

    offline, through = figures(tmp_path / "offline"), figures(tmp_path / "suite")

    assert ("text + image + audio → product", "nDCG@10") in offline
    assert pytest.approx(offline, abs=1e-3) == through


def test_a_pack_is_changed_without_a_stop_and_old_catalogues_refuse_it(suite, shop, tmp_path):
    """Refused at first; then searches say SPACE_MISMATCH; with the former pack back, all is as before."""
    clip(tmp_path / "model")
    packs = ("--packs", tmp_path / "packs")
    made = suite.run(
        "pack",
        "import",
        tmp_path / "model",
        "--kind",
        "transformers",
        "--name",
        "tiny",
        "--licence",
        "MIT",
        *packs,
    )
    assert 0 == made.returncode, made.stderr
    search = ("search", "--text", "red mug", "--catalog", shop.catalog, "--address", suite.address, "--json")
    before, milvus = suite.run(*search).stdout, suite.status()["milvus"]["pid"]
    try:
        refused = suite.run("pack", "use", "tiny", *packs)
        assert 2 == refused.returncode
        assert f"catalogue '{shop.catalog}' was made by triptych-demo-1, 256 dimensions" in refused.stderr

        used = suite.run("pack", "use", "tiny", "--allow-mismatch", *packs)
        assert 0 == used.returncode, used.stderr
        searched = suite.run(*search)
        assert 2 == searched.returncode
        assert "SPACE_MISMATCH" in searched.stderr
    finally:
        back = suite.run("pack", "use", "triptych-demo", *packs)
    assert 0 == back.returncode, back.stderr

    assert milvus == suite.status()["milvus"]["pid"]
    found = [json.loads(text)["results"] for text in (before, suite.run(*search).stdout)]
    assert [one["product"]["id"] for one in found[0]] == [one["product"]["id"] for one in found[1]]


def test_a_suite_that_serves_does_not_take_a_broken_pack(suite, tmp_path):
    """Nothing is restarted."""
    broken = copy_pack(Path(SHIPPED), tmp_path / "broken").folder
    (broken / "fusion/config.pbtxt").write_text("")
    triton = suite.status()["triton"]["pid"]

    used = suite.run("pack", "use", broken)

    assert 2 == used.returncode
    assert "fusion/config.pbtxt" in used.stderr
    assert triton == suite.status()["triton"]["pid"]
