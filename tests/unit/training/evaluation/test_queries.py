import json

import pytest

from training.data.records import Record
from training.errors import TrainingError
from training.evaluation.queries import by_direction, digest_of, own_queries, read_queries


@pytest.fixture
def products(tmp_path):
    """Two mugs with a label of their own, a chair alone, a sound without anything."""
    picture, sound = tmp_path / "p.jpg", tmp_path / "s.wav"
    return [
        Record("m1", text="a mug", image=picture, label="mug"),
        Record("m2", text="a cup", image=picture, audio=sound, label="mug"),
        Record("c1", text="a chair", image=picture, label="chair"),
        Record("s1", audio=sound),
    ]


def test_every_direction_that_the_data_has_is_asked(products):
    """Parts alone in every other space and the product, mixes in the product only."""
    directions = by_direction(own_queries(products, ("text", "image"), "learned"))

    assert [
        "text → image",
        "text → product",
        "image → text",
        "image → product",
        "text + image → product",
    ] == [*directions]


def test_products_of_a_label_find_one_another_and_not_themselves(products):
    """And one that is alone with its label asks nothing: nothing would be right."""
    queries = by_direction(own_queries(products, ("text", "image"), "learned"))["text → image"]

    assert {"m1": ["m2"], "m2": ["m1"]} == {query.id: [*query.right] for query in queries}
    assert ["m1", "m2"] == [query.excluded for query in queries]


def test_without_a_label_a_product_is_found_by_its_own_parts(products):
    """There is nothing else that could be right."""
    (query,) = [one for one in own_queries(products, ("audio",), "learned") if one.id == "s1"]

    assert ({"s1": 1.0}, None) == (query.right, query.excluded)


def lines(path, *entries):
    path.write_text("\n".join(entry if isinstance(entry, str) else json.dumps(entry) for entry in entries))
    return path


def test_queries_are_read_with_grades_weights_and_space(products, tmp_path):
    """What is not said has its default."""
    path = lines(
        tmp_path / "q.jsonl",
        {"text": "cup", "right": ["m1"]},
        {
            "id": "q",
            "kind": "mine",
            "text": "x",
            "weights": {"text": -1},
            "space": "image",
            "right": {"m1": 2, "c1": 1},
        },
    )

    first, second = read_queries(path, products, "bilinear")

    assert ("1", "text → product", {"m1": 1.0}, "bilinear") == (
        first.id, first.direction, first.right, first.fusion,
    )  # fmt: skip
    assert ("mine", {"text": -1.0}, {"m1": 2.0, "c1": 1.0}) == (
        second.direction,
        second.weights,
        second.right,
    )


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{", "q.jsonl:2: "),
        ("[]", "q.jsonl:2: "),
        ({"right": ["m1"]}, "needs one of text, image, audio"),
        ({"text": "x", "right": ["m9"]}, "no product 'm9'"),
        ({"text": "x", "right": []}, "nothing could be found"),
        ({"text": "x", "right": {"m1": 0}}, "nothing could be found"),
        ({"text": "x", "right": {"m1": "much"}}, "could not convert"),
        ({"text": "x", "right": "m1"}, "a list of ids"),
        ({"text": "x", "right": ["m1"], "spaces": "image"}, "spaces: no field of a query"),
        ({"text": "x", "right": ["m1"], "space": "smell"}, "space is one of"),
        ({"image": "none.jpg", "right": ["m1"]}, "there is no file"),
    ],
)
def test_a_line_that_is_no_query_is_named(products, tmp_path, entry, said):
    """By file and line, with what is wrong."""
    path = lines(tmp_path / "q.jsonl", {"text": "cup", "right": ["m1"]}, entry)

    with pytest.raises(TrainingError, match=r"q\.jsonl:2: ") as caught:
        read_queries(path, products, "learned")

    assert said in str(caught.value)


def test_the_digest_tells_other_right_answers_apart(products):
    """Two reports can be compared only when it is the same."""
    queries = own_queries(products, ("text", "image"), "learned")

    assert digest_of(queries) == digest_of(own_queries(products, ("text", "image"), "bilinear"))
    assert digest_of(queries) != digest_of(queries[1:])
