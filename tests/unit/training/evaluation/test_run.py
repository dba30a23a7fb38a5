"""From data and a pack to a report, with an untrained pack."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from training.errors import TrainingError
from training.evaluation.compare import compare, verdict
from training.evaluation.offline import OfflineSearch
from training.evaluation.queries import own_queries
from training.evaluation.report import read_report
from training.evaluation.run import Plan, evaluate
from training.networks.registry import build_encoder
from training.packs.fusion import untrained_fusion
from training.packs.write import write_pack

WORDS = ("red mug", "blue chair", "green lamp", "grey sofa", "pink hat", "black shoe")


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    """An untrained pack of texts and pictures."""
    torch.manual_seed(3)
    encoders = {
        "text": build_encoder("text", "bag_of_words", 16, {"buckets": 64, "width": 8}).eval(),
        "image": build_encoder(
            "image", "cnn", 16, {"channels": [4, 4], "blocks": [1], "height": 16, "width": 16}
        ).eval(),
    }
    return write_pack(
        tmp_path_factory.mktemp("packs") / "shop", name="shop", version="1", encoders=encoders,
        fusion=untrained_fusion(16), licence="MIT", languages=("en",), figures={}, recipe={}, half=False,
    ).folder  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Six products with a text and a picture."""
    folder = tmp_path_factory.mktemp("data")
    rng, entries = np.random.default_rng(0), []
    for number, words in enumerate(WORDS):
        Image.fromarray(rng.integers(0, 255, (20, 20, 3), np.uint8)).save(folder / f"{number}.png")
        entries.append(
            {"id": f"p{number}", "text": f"<b>{words}</b>", "image": f"{number}.png", "split": "test"}
        )
    (folder / "manifest.jsonl").write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
    return folder


@pytest.fixture(scope="module")
def report(pack, data, tmp_path_factory):
    """The report and the folder it is in."""
    folder = tmp_path_factory.mktemp("report")
    return evaluate(Plan(data=data, pack=pack), folder), folder


def test_figures_are_those_of_a_search_by_hand(pack, report):
    """Cosines of the vectors, ranked; the report says how often the right one is first."""
    made, _ = report
    search = OfflineSearch(pack, ("text", "image"))
    direction = next(each for each in made.directions if each.name == "text → image")
    texts = search.encoders["text"].encode([f"<b>{words}</b>" for words in WORDS])

    ranks = [each.index(f"p{number}") + 1 for number, each in enumerate(direction.found)]

    assert texts.shape == (6, 16)
    assert pytest.approx(np.mean([rank == 1 for rank in ranks])) == direction.figures["R@1"].mean
    assert pytest.approx(np.mean([1 / rank for rank in ranks])) == direction.figures["MRR"].mean


def test_a_product_is_the_fused_vector_of_its_parts(pack, data):
    """Untrained heads: the mean of both, so that both parts together find their product first."""
    from training.data.records import read_dataset

    products = read_dataset(data, for_training=False).records
    queries = [one for one in own_queries(products, ("text", "image"), "learned") if "+" in one.direction]

    answers = OfflineSearch(pack, ("text", "image")).answers(products, queries)

    assert [query.id for query in queries] == [answer.ids[0] for answer in answers]
    assert pytest.approx([1.0] * len(queries), abs=1e-5) == [answer.scores[0] for answer in answers]


def test_the_page_needs_nothing_else_and_escapes_what_it_shows(report):
    """Plots and pictures of hits and misses are inside, no address is asked, words stay words."""
    page = (report[1] / "index.html").read_text()

    # The curves of all directions, and of each a histogram and a diagram of calibration.
    assert 1 + 2 * len(report[0].directions) <= page.count("<svg")
    assert "Hits" in page
    assert "Misses" in page
    assert "data:image/jpeg;base64," in page
    assert "&lt;b&gt;red mug&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_same_pack_does_not_differ_from_itself(report):
    """And nothing is called better."""
    told = read_report(report[1])

    differences = compare(told, told).differences["text → image"]

    assert {"not clear"} == {each.verdict for each in differences.values()}
    assert "the difference is not clear" in verdict("text → image", differences["MRR"], "MRR")


def test_reports_over_other_queries_are_refused(report, pack, data, tmp_path):
    """Their numbers say nothing about one another."""
    evaluate(Plan(data=data, pack=pack, limit=3), tmp_path)

    with pytest.raises(TrainingError, match="over different queries"):
        compare(read_report(report[1]), read_report(tmp_path))


@pytest.mark.parametrize("text", ["", "{}", '{"format": 7}', "[]"])
def test_what_is_no_report_is_refused(tmp_path, text):
    """With its name."""
    (tmp_path / "report.json").write_text(text)

    with pytest.raises(TrainingError, match=r"report\.json"):
        read_report(tmp_path)


def test_a_query_that_the_pack_cannot_encode_is_refused(pack, data, tmp_path):
    """Before anything is computed."""
    (tmp_path / "s.wav").touch()
    (tmp_path / "q.jsonl").write_text('{"id": "q", "audio": "s.wav", "right": ["p1"]}')

    with pytest.raises(TrainingError, match="query q has audio, but only image, text are encoded"):
        evaluate(Plan(data=data, pack=pack, queries=tmp_path / "q.jsonl"), tmp_path)
