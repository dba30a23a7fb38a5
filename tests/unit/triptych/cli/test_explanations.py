"""Explanations on the command line."""

import pytest

from triptych.cli.explanations import explanation_lines, part_names, place
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1.types_pb2 import BoundingBox, Product

CONTRIBUTIONS = [
    pb.Contribution(stage=pb.Contribution.STAGE_VECTOR, part=0, value=0.5),
    pb.Contribution(stage=pb.Contribution.STAGE_VECTOR, part=1, value=-0.125),
    pb.Contribution(stage=pb.Contribution.STAGE_VECTOR, value=-0.25),
    pb.Contribution(stage=pb.Contribution.STAGE_LEXICAL, part=0, value=0.0625),
    pb.Contribution(stage=pb.Contribution.STAGE_BOOST, boost="new", value=0.25),
    pb.Contribution(stage=pb.Contribution.STAGE_RANKING, value=-0.5),
]


def lines(**told):
    explanation = pb.Explanation(contributions=CONTRIBUTIONS, **told)
    result = pb.SearchResult(product=Product(id="mug"), score=-0.0625, explanation=explanation)
    response = pb.SearchProductsResponse(results=[result, pb.SearchResult(product=Product(id="hat"))])
    return list(explanation_lines(response, ["text", "image.1"], first=11))


def test_the_sum():
    """A line tells the score as a sum of what each part and stage adds; what was not explained has none."""
    expected = (
        "11. mug  -0.0625 = 0.5000 text - 0.1250 image.1 - 0.2500 vector + 0.0625 words of text + 0.2500 boost new"
        " - 0.5000 ranking"
    )
    assert [expected] == lines()


def test_details():
    """Places, words and the regions that matter most follow."""
    boxes = [
        BoundingBox(left=x / 3, top=y / 3, right=(x + 1) / 3, bottom=(y + 1) / 3)
        for x, y in ((0, 0), (1, 1), (2, 1), (0, 2))
    ]
    _, *details = lines(
        counterfactuals=[pb.Counterfactual(part=0, rank=14), pb.Counterfactual(part=1)],
        words=[pb.WordImportance(part=0, word="red", importance=0.25)],
        regions=[pb.RegionImportance(part=1, region=box, importance=0.125) for box in boxes],
    )

    assert [
        "   without text at place 14 · without image.1 not found",
        "   words red +0.2500",
        "   regions of image.1 upper left +0.1250, middle +0.1250, middle right +0.1250",
    ] == details


def test_part_names():
    """Parts are named as they are weighted: by kind, and by number where a kind has several."""
    contents = {"text": ["red"], "image": ["a.jpg", "b.jpg"], "audio": []}

    assert ["text", "image.1", "image.2"] == part_names(contents)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((0.4, 0.7, 0.6, 1), "lower middle"),
        ((0, 0.4, 0.2, 0.6), "middle left"),
        ((0.9, 0.9, 1, 1), "lower right"),
    ],
)
def test_place(box, expected):
    """A region is where its middle lies."""
    assert expected == place(BoundingBox(**dict(zip(("left", "top", "right", "bottom"), box, strict=True))))
