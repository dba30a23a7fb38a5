"""Judgements and photos calibrate a catalogue; then relevance cuts and photos are recognised, on the real models."""

import io
import json
import random

import grpc
import pytest
from grpc_status import rpc_status

from training.demo.items import Item
from training.demo.render import render
from training.demo.texts import query_text
from triptych.client import Client
from triptych.runtime.errors import from_status
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import Reason

NAMES = ("category", "colour", "pattern", "material")
FITTED_ON = 100
# Each must be right for most of a dozen products; how right exactly is measured by bench/relevance.py.
SAMPLE = 12
MOST = 9


def wanted(item: Item) -> dict[str, str]:
    return dict(zip(NAMES, item.combination, strict=True))


def words(item: Item) -> str:
    return query_text(wanted(item), "en", random.Random(item.id))


def photo(item: Item) -> bytes:
    """A customer's photo that neither training nor the catalogue has seen."""
    file = io.BytesIO()
    render(item, 1000).save(file, "JPEG", quality=88)
    return file.getvalue()


@pytest.fixture(scope="module")
def some(shop) -> list[Item]:
    """A few products, spread over the catalogue."""
    return list(shop.items.values())[:: len(shop.items) // SAMPLE][:SAMPLE]


@pytest.fixture(scope="module")
def calibrated(shop, suite, some, tmp_path_factory):
    """The catalogue, calibrated by the command line on products other than those that are asked for."""
    folder = tmp_path_factory.mktemp("judgements")
    others = [item for item in shop.items.values() if item not in some][:FITTED_ON]
    judgements, photos = [], []
    for item in others:
        right = [each.id for each in shop.items.values() if each.combination == item.combination]
        judgements.append({"parts": [{"text": words(item)}], "relevant": right})
        (folder / f"{item.id}.jpg").write_bytes(photo(item))
        photos.append({"image": f"{item.id}.jpg", "product_id": item.id})
    for name, lines in (("judgements", judgements), ("photos", photos)):
        (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    done = suite.run(
        "calibrate", folder / "judgements.jsonl", "--recognition", folder / "photos.jsonl",
        "--catalog", shop.catalog, "--address", suite.address,
    )  # fmt: skip
    assert 0 == done.returncode, done.stdout + done.stderr
    with Client(suite.address) as client:
        yield client
        client.set_calibration(None, catalog=shop.catalog)


def test_what_is_there_is_relevant(shop, calibrated, some):
    """The first product is right, and so it is said."""
    answers = [
        shop.find(pb.QueryPart(text=words(item)), page_size=1, min_relevance=0.5).results for item in some
    ]

    right = [
        bool(found) and shop.items[found[0].product.id].combination == item.combination
        for found, item in zip(answers, some, strict=True)
    ]
    assert sum(right) >= MOST


def test_what_is_not_there_is_not(shop, calibrated, some):
    """Asked of all but its category, nothing is left."""
    left = [
        shop.find(
            pb.QueryPart(text=words(item)), filter=f'NOT category = "{item.category}"', min_relevance=0.5
        ).results
        for item in some
    ]

    assert sum(not found for found in left) >= MOST


def test_a_kind_that_was_not_judged_cannot_be_cut(shop, calibrated, some):
    """Curves for words say nothing of photos."""
    with pytest.raises(grpc.RpcError) as caught:
        shop.find(pb.QueryPart(image=types_pb2.Media(data=photo(some[0]))), min_relevance=0.5)

    error = from_status(rpc_status.from_call(caught.value))
    assert (Reason.NOT_CALIBRATED, "min_relevance") == (error.reason, error.field)


def test_photos_are_recognised(shop, calibrated, some):
    """Category and colour, and probably known."""
    answers = [calibrated.recognize(photo(item), catalog=shop.catalog) for item in some]

    assert all(answer.calibrated for answer in answers)
    assert sum(not answer.nothing_like_it for answer in answers) >= MOST
    for name in ("category", "colour"):
        right = [
            (answer.categories[0].value if name == "category" else answer.attributes[name].value)
            == wanted(item)[name]
            for answer, item in zip(answers, some, strict=True)
            if answer.categories
        ]
        assert sum(right) >= MOST


def test_the_command_line_recognises(shop, calibrated, suite, some, tmp_path):
    """The category stands in its table."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo(some[0]))

    done = suite.run("recognize", path, "--catalog", shop.catalog, "--address", suite.address, "--json")

    assert 0 == done.returncode, done.stderr
    assert 0 <= json.loads(done.stdout)["knownProbability"] <= 1
