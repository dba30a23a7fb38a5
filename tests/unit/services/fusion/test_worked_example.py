"""Every number of docs/worked-example.md, computed."""

import re
from pathlib import Path

import numpy as np
import pytest

from services.fusion.adapters.in_memory import InMemoryFusionModel
from services.fusion.core.fuser import Fuser
from services.fusion.core.parts import WeightedVector
from triptych.vocabulary.choices import FusionStrategy, Modality
from triptych.vocabulary.vectors import pack

DOCUMENT = Path(__file__).parents[4] / "docs" / "worked-example.md"

TEXT = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
IMAGE = np.array([0.1, 0.15, 0.2, 0.25, 0.3])
AUDIO = np.array([0.05, 0.1, 0.15, 0.2, 0.25])
ITEMS = np.array([[0.3, 0.5, 0.7, 0.8, 0.9], [0.2, 0.4, 0.6, 0.7, 0.8]])
PRINTED_SUM = np.array([0.35, 0.55, 0.65, 0.65, 0.75])
PRINTED_RESULTS = ("0.75", "0.625", "0.173", "0.354")


def rows() -> dict[str, list[list[str]]]:
    """Return the cells of the document's table rows, by the row's first cell."""
    found: dict[str, list[list[str]]] = {}
    for line in DOCUMENT.read_text("utf-8").splitlines():
        if line.startswith("|"):
            name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            found.setdefault(name, []).append(cells)
    return found


def written(values) -> str:
    return "[" + ", ".join(f"{value:.4g}" for value in values) + "]"


def fixed(*values) -> list[str]:
    return [f"{value:.5f}" for value in values]


def cosines(query) -> list[float]:
    return [query @ item / np.linalg.norm(query) / np.linalg.norm(item) for item in ITEMS]


def distances(query) -> list[float]:
    return [float(np.linalg.norm(query - item)) for item in ITEMS]


@pytest.mark.parametrize(
    ("name", "values"),
    [("text", TEXT), ("image", IMAGE), ("audio", AUDIO), ("item 1", ITEMS[0]), ("item 2", ITEMS[1])],
)
def test_vectors(name, values):
    """The vectors are the ones computed with here."""
    assert [written(values)] == rows()[name][0]


def test_sum():
    """The fused vector is the sum of its columns, and the printed one agrees in the middle column only."""
    total = TEXT + IMAGE + AUDIO

    assert [written(total)] == rows()["the sum"][0]
    assert [written(PRINTED_SUM)] == rows()["as printed in the article"][0]
    assert [False, False, True, False, False] == np.isclose(total, PRINTED_SUM).tolist()


def test_similarities():
    """Cosine and Euclidean distance of the right and of the printed vector."""
    total = TEXT + IMAGE + AUDIO

    assert fixed(*cosines(total), *distances(total)) == rows()["the sum"][1]
    assert fixed(*cosines(PRINTED_SUM), *distances(PRINTED_SUM)) == rows()["the vector as printed"][0]


def test_measures_disagree():
    """With the sum as it is, cosine prefers item 2 and Euclidean item 1."""
    total = TEXT + IMAGE + AUDIO

    assert 1 == np.argmax(cosines(total))
    assert 0 == np.argmin(distances(total))


def test_printed_results_follow_from_neither():
    """The article's results belong to neither vector, even to the two digits that they are printed with."""
    printed = [float(number) for number in PRINTED_RESULTS]

    assert list(PRINTED_RESULTS) == rows()["the article's results"][0]
    for query in (TEXT + IMAGE + AUDIO, PRINTED_SUM):
        computed = [*cosines(query), *distances(query)]
        assert not np.isclose(printed, computed, atol=5e-3).any()


async def test_what_the_service_computes():
    """The service's weighted sum of the parts gives the table's figures, and one order by both measures."""
    fuser = Fuser(InMemoryFusionModel(dimension=5, pack="example-1"))
    await fuser.warm_up()
    group = tuple(
        WeightedVector(pack(values), 5, "example-1/part", 1.0, modality)
        for values, modality in ((TEXT, Modality.TEXT), (IMAGE, Modality.IMAGE), (AUDIO, Modality.AUDIO))
    )

    [fused], _ = await fuser.fuse(FusionStrategy.WEIGHTED_SUM, [group])

    units = ITEMS / np.linalg.norm(ITEMS, axis=1, keepdims=True)
    for place, name in enumerate(("item 1", "item 2")):
        expected = rows()[name][1]
        assert expected == fixed(units[place] @ fused, np.linalg.norm(units[place] - fused))


def test_covariance():
    """Every entry of the items' covariance is 0.005, so it has rank 1; the pseudo-inverse gives the distances."""
    covariance = np.cov(ITEMS.T)
    inverse = np.linalg.pinv(covariance)
    differences = TEXT + IMAGE + AUDIO - ITEMS
    mahalanobis = [float(np.sqrt(each @ inverse @ each)) for each in differences]

    np.testing.assert_allclose(covariance, np.full((5, 5), 0.005))
    assert 1 == np.linalg.matrix_rank(covariance)
    assert "it gives {} for item 1 and {} for item 2".format(*fixed(*mahalanobis)) in DOCUMENT.read_text(
        "utf-8"
    )


def test_shrunk_covariance():
    """Half the items' covariance, half their mean variance in every direction: distances that count all directions."""
    covariance = np.cov(ITEMS.T, ddof=0)
    mean_variance = np.trace(covariance) / 5
    shrunk = (covariance + mean_variance * np.eye(5)) / 2
    differences = TEXT + IMAGE + AUDIO - ITEMS
    distances = [float(np.sqrt(each @ np.linalg.inv(shrunk) @ each)) for each in differences]

    assert pytest.approx(0.0025) == mean_variance
    np.testing.assert_allclose([0.00125] * 4 + [0.0075], np.linalg.eigvalsh(shrunk))
    assert fixed(*distances) == [rows()[name][2][0] for name in ("item 1", "item 2")]


def test_no_other_numbers():
    """The document holds no number with a decimal point that the tests above have not computed."""
    in_tables = " ".join(cell for table in rows().values() for row in table for cell in row)
    checked = {*re.findall(r"\d+\.\d+", in_tables), "4.3", "0.1", "0.005", "0.14142", "1.55563"}
    checked |= {"0.0025", "0.0075", "0.00125"}

    assert checked == checked | set(re.findall(r"\d+\.\d+", DOCUMENT.read_text("utf-8")))
