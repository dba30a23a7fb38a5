"""The catalogue as files."""

import json
from collections import Counter

import pytest
import soundfile
from PIL import Image

from training.demo.items import items
from training.demo.write import product_json, views, write

COUNT = 60


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("catalogue")
    write(folder, COUNT, processes=1)
    return folder


def _lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class TestWrite:
    def test_products_and_their_pictures(self, out):
        """Every product has a line, and every picture it names is there and opens."""
        products = _lines(out / "products.jsonl")

        assert [item.id for item in items(COUNT)] == [product["id"] for product in products]
        for image in (image for product in products for image in product["images"]):
            with Image.open(out / image["uri"]) as picture:
                picture.load()
                assert (160, 160) == picture.size

    def test_sample_queries(self, out):
        """Sample queries name files that are there; kinds that need more products are left out."""
        lines = _lines(out / "queries" / "queries.jsonl")

        assert {"text_en": 6, "text_zh": 6, "photo": 6, "voice": 6} == Counter(line["kind"] for line in lines)
        assert all((out / line["photo"]).is_file() for line in lines if "photo" in line)
        assert {16000} == {
            soundfile.info(out / line["audio"]).samplerate for line in lines if "audio" in line
        }

    def test_keeps_what_is_there(self, out):
        """A second run draws only what is missing, and draws it the same."""
        kept, missing = out / "images" / "p00001-0.jpg", out / "images" / "p00002-0.jpg"
        before, drawn = kept.stat().st_mtime_ns, missing.read_bytes()
        missing.unlink()
        write(out, COUNT, with_queries=False, processes=1)

        assert before == kept.stat().st_mtime_ns
        assert drawn == missing.read_bytes()

    def test_another_catalogue_replaces_it(self, tmp_path):
        """Pictures of a catalogue of another size do not stay."""
        write(tmp_path, 8, with_queries=False, processes=1)
        write(tmp_path, 4, with_queries=False, processes=1)

        expected = {f"{item.id}-{view}.jpg" for item in items(4) for view in views(item)}
        assert expected == {path.name for path in (tmp_path / "images").iterdir()}


class TestProductJson:
    def test_mapping(self):
        """64-bit numbers are strings, money is units and nanos, and the description speaks both languages."""
        item = items(COUNT)[0]
        product = product_json(item)
        price = product["price"]

        assert item.price_cents == int(price["units"]) * 100 + price["nanos"] // 10_000_000
        assert str(item.popularity) == product["popularity"]
        assert item.colour == product["attributes"]["colour"]
        assert item.description_en in product["description"]
        assert item.title_zh in product["description"]
