"""`triptych calibrate`, against a fake gateway whose cosines tell what is right."""

import json

import pytest
from typer.testing import CliRunner

from training.errors import TrainingError
from triptych.cli.event_files import write_judgements
from triptych.cli.judgement_files import read_judgements
from triptych.cli.main import app
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import feedback_service_pb2 as feedback_pb
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

QUERIES = 80
COLOURS = ("red", "blue", "green", "black")
# Every query finds four products; the first is right where the query's number is even, else none is.
COSINES = (0.9, 0.7, 0.65, 0.6)


def answer(request: pb.SearchProductsRequest) -> pb.SearchProductsResponse:
    """Products a to d; what is asked for in vain is farther from all of them, as is any but the first for a photo."""
    part = request.parts[0]
    is_photo = part.WhichOneof("content") == "image"
    number = int(part.image.data if is_photo else part.text.split()[-1])
    response = pb.SearchProductsResponse()
    response.interpretation.modalities.append(
        types_pb2.MODALITY_IMAGE if is_photo else types_pb2.MODALITY_TEXT
    )
    for place, (name, colour, usual) in enumerate(zip("abcd", COLOURS, COSINES, strict=True)):
        category = "mug" if place == 0 else "hat"
        if request.filter == 'NOT category = "mug"' and category == "mug":
            continue
        near = 0.7 if place == 0 and number % 2 else usual
        product = types_pb2.Product(id=name, category=category)
        product.attributes["colour"].string_value = colour
        response.results.add(
            product=product,
            similarity=near + number * 1e-4,
            scores=pb.StageScores(vector=near, lexical=2 * near),
        )
    return response


@pytest.fixture
def shop(gateway):
    """A catalogue of four products, and a function that calibrates it."""
    gateway.answers = answer
    gateway.products = {
        name: types_pb2.Product(id=name, category="mug" if name == "a" else "hat") for name in "abcd"
    }
    for name, colour in zip("abcd", COLOURS, strict=True):
        gateway.products[name].attributes["colour"].string_value = colour
    gateway.calibrate = lambda *words: CliRunner().invoke(
        app, ["calibrate", *map(str, words), "--address", gateway.address, "--catalog", "shop"]
    )
    return gateway


@pytest.fixture
def judgements(tmp_path):
    """A file of judgements."""

    def write(lines, name="judgements.jsonl"):
        path = tmp_path / name
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        return path

    return write


def texts(count=QUERIES):
    return [
        {"parts": [{"text": f"query {number}"}], "relevant": [] if number % 2 else ["a"]}
        for number in range(count)
    ]


def photos(tmp_path, count=QUERIES):
    for number in range(count):
        (tmp_path / f"{number}.jpg").write_bytes(str(number).encode())
    return [
        {"image": f"{number}.jpg"} | ({} if number % 2 else {"product_id": "a"}) for number in range(count)
    ]


def likely(curve: catalog_pb.Calibration.Curve, **values: float) -> bool:
    return curve.intercept + sum(curve.weights[name] * values[name] for name in curve.weights) > 0


def test_judgements_become_a_curve(shop, judgements):
    """It tells right from wrong, says how many judgements it stands on, and leaves other curves as they were."""
    shop.calibration.curves["image"].intercept = 7

    result = shop.calibrate(judgements(texts()))

    assert 0 == result.exit_code, result.output
    assert "catalogue 'shop' is calibrated" in result.stdout
    assert {"image", "text"} == set(shop.calibration.curves)
    curve = shop.calibration.curves["text"]
    assert 4 * QUERIES == curve.judgements
    assert curve.error < 0.05
    assert likely(curve, cosine=0.9, lexical=1.8, gap=0.0)
    assert not likely(curve, cosine=0.7, lexical=1.4, gap=0.0)
    first = shop.searches[0]
    assert (100, types_pb2.SEARCH_SPACE_UNSPECIFIED) == (first.page_size, first.search_space)


def test_a_dry_run_keeps_nothing(shop, judgements):
    """The figures are shown all the same."""
    result = shop.calibrate(judgements(texts()), "--dry-run")

    assert 0 == result.exit_code, result.output
    assert "text" in result.stdout
    assert not shop.calibration.curves


def test_judged_products_alone_count(shop, judgements):
    """Where irrelevant ones are named, what nobody judged says nothing."""
    lines = [{**line, "not_relevant": ["b"]} for line in texts()]

    shop.calibrate(judgements(lines))

    assert 40 + 80 == shop.calibration.curves["text"].judgements


def test_photos_become_the_curves_of_recognition(shop, judgements, tmp_path):
    """Known, and the steepness of three votes; products with photos of nothing here are unknown."""
    result = shop.calibrate("--recognition", judgements(photos(tmp_path)))

    assert 0 == result.exit_code, result.output
    curves = shop.calibration.curves
    assert {"recognition"} | {f"recognition_{name}" for name in ("category", "attribute", "match")} == set(
        curves
    )
    assert likely(curves["recognition"], cosine=0.9)
    assert not likely(curves["recognition"], cosine=0.7)
    assert all(curves[f"recognition_{name}"].weights["cosine"] > 10 for name in ("category", "match"))


def test_what_customers_did_becomes_a_curve(shop, judgements):
    """The values are those of the time when it was shown: nothing is searched."""
    lines = [
        {
            "kind": "mixed",
            "products": [
                {"id": name, "values": {"cosine": near, "gap": 0.9 - near}, "relevant": near > 0.8}
                for name, near in zip("abcd", COSINES, strict=True)
            ],
        }
    ] * QUERIES

    result = shop.calibrate(judgements(lines))

    assert 0 == result.exit_code, result.output
    assert {"mixed"} == set(shop.calibration.curves)
    assert [] == shop.searches


def test_a_file_in_another_encoding_is_named(tmp_path):
    """As any line that is none."""
    (tmp_path / "clicks.jsonl").write_bytes('{"parts": [{"text": "café"}]}'.encode("latin-1"))

    with pytest.raises(TrainingError, match=r"clicks\.jsonl: not UTF-8"):
        list(read_judgements(tmp_path / "clicks.jsonl"))


def test_exported_events_are_read(tmp_path):
    """As `triptych events export --as judgements` writes them."""
    shown = feedback_pb.ShownAnswer(query_kind="text", features=["cosine", "gap", "lexical"])
    shown.products.add(product_id="a", features=[0.5, 0.25, 2], events=[types_pb2.EVENT_TYPE_CLICKED])
    write_judgements([shown], tmp_path / "clicks.jsonl")

    (read,) = read_judgements(tmp_path / "clicks.jsonl")

    assert ("text", [[0.5, 2, 0.25]], [True]) == (read.kind, read.values.tolist(), read.relevant.tolist())


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], "there are no judgements"),
        (texts(19), "19 queries that find something judged are too few to hold some out; 20 are needed"),
        (
            [{**line, "relevant": []} for line in texts()],
            "0 relevant and 320 irrelevant products were found; at least 30 of each are needed",
        ),
        ([{"parts": []}], "judgements.jsonl, line 1: parts: a list of query parts is expected"),
        ([{"parts": ["red mug"]}], 'line 1: parts[0]: an object such as {"text": "red mug"} is expected'),
        ([{"parts": [{"txt": "a"}]}], 'line 1: parts[0]: Message type "triptych.v1.QueryPart" has no field'),
        ([{"parts": [{"image": "none.jpg"}]}], "none.jpg: No such file or directory"),
        ([{"parts": [{"image": "../a.jpg"}]}], "line 1: parts[0]: ../a.jpg leads out of the media root"),
        (
            [{"parts": [{"text": "a"}], "right": ["a"]}],
            "'right' is none of not_relevant, parts, relevant",
        ),
        ([{"parts": [{"text": "a"}], "relevant": "a"}], "line 1: relevant: a list of ids is expected"),
        (
            [{"parts": [{"text": "a"}], "relevant": ["a"], "not_relevant": ["a"]}],
            "line 1: 'a' is relevant and not relevant",
        ),
        ([["a"]], "line 1: an object is expected"),
        (
            [{"kind": "photo", "products": []}],
            "line 1: kind: one of text, image, audio, mixed, any is expected",
        ),
        ([{"kind": "text", "products": []}], "line 1: products: a list is expected"),
        ([{"kind": "text", "products": [{}]}], "products[0]: an object with values and relevant"),
        (
            [{"kind": "text", "products": [{"values": {"cosine": "x"}, "relevant": True}]}],
            "products[0]: values: cosine, lexical, gap are numbers",
        ),
    ],
)
def test_judgements_that_cannot_be_used(shop, judgements, lines, expected):
    """One line with the line and what is expected; nothing is kept."""
    result = shop.calibrate(judgements(lines))

    assert 2 == result.exit_code
    assert expected in result.stderr
    assert not shop.calibration.curves


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([{"image": "none.jpg"}], "line 1: image: "),
        ([{"product_id": "a"}], "line 1: image: a picture or sound is a path"),
        ([{"image": "0.jpg", "product": "a"}], "'product' is none of category, image, product_id"),
        ([{"image": "0.jpg", "category": 1}], "line 1: category: a text is expected"),
        ([{"image": "0.jpg", "product_id": "a"}] * 4, "4 queries that find something judged are too few"),
    ],
)
def test_photos_that_cannot_be_used(shop, judgements, tmp_path, lines, expected):
    """As for judgements."""
    photos(tmp_path, 1)

    result = shop.calibrate("--recognition", judgements(lines))

    assert 2 == result.exit_code
    assert expected in result.stderr


def test_too_few_of_one_kind(shop, judgements, tmp_path):
    """The others get their curve; why one has none is said."""
    photos(tmp_path, 1)
    lines = [*texts(), {"parts": [{"image": "0.jpg"}], "relevant": ["a"]}]

    result = shop.calibrate(judgements(lines))

    assert 0 == result.exit_code, result.output
    assert "no curve for image: 1 queries that find something judged are too few" in result.stderr
    assert {"text"} == set(shop.calibration.curves)


def test_nothing_to_learn_from(shop):
    """One of the two files is needed."""
    result = shop.calibrate()

    assert 2 == result.exit_code
    assert "say what to learn from" in result.stderr
