"""A job on a local Ray, against the running suite: the same vectors as through the gateway, restartable, restored."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from triptych.archive.files import read_products
from triptych.archive.manifest import read_manifest
from triptych.client import Client

ROOT = Path(__file__).resolve().parents[2]
FRAGMENT = 60


def encode(suite, inputs, to, media_root):
    """Run a job with the rooms of the suite."""
    rooms = {
        name: f"127.0.0.1:{suite.environment[f'TRIPTYCH_{name}_PORT']}" for name in ("ENCODER", "FUSION")
    }
    return subprocess.run(
        [
            *(sys.executable, "-m", "bulk", "encode", *map(str, inputs), "--to", str(to)),
            *("--media-root", str(media_root), "--encoder", rooms["ENCODER"], "--fusion", rooms["FUSION"]),
            *("--fragment", str(FRAGMENT), "--workers", "2", "--catalog", "bulk"),
        ],
        cwd=ROOT,
        env=suite.environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def vectors(products):
    """Return the vectors by product, space and view."""
    return {
        (each.product.id, vector.space, vector.view): np.frombuffer(vector.vector.data, "<f4")
        for each in products
        for vector in each.vectors
    }


@pytest.mark.slow
def test_a_job_makes_what_the_gateway_makes(suite, shop, tmp_path):
    """Broken lines are put aside; a part that is lost is made again, and no other; what is restored is found."""
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"id": "", "title": "nameless"}\nnothing\n{"id": "lost", "images": ["nowhere.jpg"]}\n')
    folder = tmp_path / "archive"
    inputs = [shop.folder / "products.jsonl", broken]

    done = encode(suite, inputs, folder, shop.folder)

    assert 1 == done.returncode, done.stdout + done.stderr
    errors = [json.loads(line) for path in folder.glob("*.errors.jsonl") for line in path.open()]
    assert 3 == len(errors)
    assert all(each["_error"].startswith("line ") for each in errors)
    manifest = read_manifest(folder)
    assert len(shop.items) == manifest.products
    made = vectors(each for batch in read_products(folder, manifest) for each in batch)
    with Client(suite.address) as client:
        stored = vectors(each for page in client.export(catalog=shop.catalog) for each in page.products)
    assert stored.keys() == made.keys()
    worst = min(float(np.dot(stored[key], made[key])) for key in stored)
    assert worst > 1 - 1e-4

    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("part-*.parquet")}
    for path in folder.glob("part-00001.*"):
        path.unlink()
    again = encode(suite, inputs, folder, shop.folder)
    assert 1 == again.returncode, again.stdout + again.stderr
    after = {path.name: path.stat().st_mtime_ns for path in folder.glob("part-*.parquet")}
    assert {"part-00001.parquet"} == {name for name in after if after[name] != before[name]}

    restored = suite.run("restore", folder, "--address", suite.address)
    assert 0 == restored.returncode, restored.stdout + restored.stderr
    with Client(suite.address) as client:
        assert len(shop.items) == client.facts("bulk").product_count
        item = shop.items[min(shop.items)]
        request = {"text": item.title_en, "catalog": "bulk", "consistency": 2}
        assert item.id in {each.product.id for each in client.search(**request).results}
        client.delete_catalog("bulk")


@pytest.mark.slow
def test_an_archive_becomes_files_for_milvus(suite, shop, tmp_path):
    """A folder for each collection, named as the collection is, with its columns and rows."""
    done = suite.run("backup", tmp_path / "archive", "--catalog", shop.catalog, "--address", suite.address)
    assert 0 == done.returncode, done.stderr
    made = subprocess.run(
        [sys.executable, "-m", "bulk", "milvus", tmp_path / "archive", "--to", tmp_path / "files"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert 0 == made.returncode, made.stderr
    with Client(suite.address) as client:
        expected = {space.index: space.vector_count for space in client.facts(shop.catalog).spaces}
    rows = {
        folder.name: sum(pq.ParquetFile(path).metadata.num_rows for path in folder.iterdir())
        for folder in (tmp_path / "files").iterdir()
    }
    assert {name: count for name, count in expected.items() if count} == rows
