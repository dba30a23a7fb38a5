"""The grocery benchmark: what it makes of the dataset's files, and how it counts."""

import json

import pytest
from PIL import Image

from bench.grocery import precision_at_10, recall_at_1, recipe_of
from bench.grocery_data import copy_grocery, description_queries, photo_queries, write_training_manifest
from training.data.records import read_dataset
from training.evaluation.answers import Answer

NAMES = ("Golden-Delicious", "Oat-Milk")
PHOTOS = {"train": {0: 3, 1: 2}, "val": {0: 2, 1: 1}}


@pytest.fixture
def source(tmp_path):
    """A dataset of two products, in the folders of the real one."""
    root = tmp_path / "dataset"
    table = [
        "Class Name (str),Class ID (int),Coarse,Coarse ID,Iconic Image Path (str),Product Description Path (str)"
    ]
    for label, name in enumerate(NAMES):
        folder = root / "iconic-images-and-descriptions" / name
        folder.mkdir(parents=True)
        picture(folder / "Iconic.jpg", label)
        (folder / "Description.txt").write_text(f"{name} is good.\n")
        at = f"/iconic-images-and-descriptions/{name}"
        table.append(f"{name},{label},x,0,{at}/Iconic.jpg,{at}/Description.txt")
    (root / "classes.csv").write_text("\n".join(table))
    for split, counts in PHOTOS.items():
        (root / split).mkdir()
        lines = [f"{split}/{label}_{at}.jpg, {label}, 0" for label, n in counts.items() for at in range(n)]
        for line in lines:
            picture(root / line.split(",")[0], hash(line) % 200)
        (root / f"{split}.txt").write_text("\n".join(lines) + "\n")
    return root


def picture(path, shade):
    """Write a small picture."""
    Image.new("RGB", (16, 16), (shade, 100, 50)).save(path)


@pytest.fixture
def grocery(source, tmp_path):
    """The same, read."""
    return copy_grocery(source, tmp_path / "copy")


def test_the_training_manifest_is_one_that_the_product_reads(grocery):
    """Each train photo stands there with its product's description, and no val photo does."""
    dataset = read_dataset(write_training_manifest(grocery))

    photos = {one.id: one for one in dataset.records if one.id.endswith(".jpg")}
    assert {f"train/{label}_{at}.jpg" for label, n in PHOTOS["train"].items() for at in range(n)} == set(
        photos
    )
    assert ("Oat-Milk is good.", "1") == (photos["train/1_0.jpg"].text, photos["train/1_0.jpg"].label)
    assert {"train"} == {one.split for one in dataset.records}


def test_copying_again_leaves_what_is_there(source, grocery, tmp_path):
    """A second run finds the first one's copies."""
    assert grocery == copy_grocery(source, tmp_path / "copy")


def test_a_photo_asks_for_its_product(grocery):
    """The right answer is the catalogue entry with the photo's label."""
    queries = photo_queries(grocery, "text")

    assert ["Golden-Delicious", "Golden-Delicious", "Oat-Milk"] == [next(iter(one.right)) for one in queries]
    assert {"text"} == {one.space for one in queries}


def test_a_description_asks_for_all_photos_of_its_product(grocery):
    """Every photo with the product's label is right."""
    milk = description_queries(grocery, grocery.val)[1]

    assert ("Oat-Milk is good.", {"val/1_0.jpg": 1.0}) == (milk.text, dict(milk.right))


def test_precision_asks_for_no_more_than_there_is(grocery):
    """With two right photos only the first two results count: one right, one wrong; the other product's is right."""
    queries = description_queries(grocery, grocery.val)
    answers = [
        Answer(("val/0_0.jpg", "val/1_0.jpg", "val/0_1.jpg"), (0.9, 0.8, 0.7)),
        Answer(("val/1_0.jpg", "val/0_0.jpg"), (0.9, 0.8)),
    ]

    assert 0.75 == precision_at_10(queries, answers)
    assert 1.0 == recall_at_1(queries, answers)
    assert 0.5 == recall_at_1(queries, [answers[1], answers[1]])


@pytest.mark.parametrize("name", ["mobilenet", "scratch"])
def test_the_recipes_are_read(name, tmp_path):
    """Both recipes fit the trainer's fields; the backbone's place is the one that is given."""
    image = recipe_of(name, tmp_path / "other.onnx", seed=3).image

    assert image.options.get("path", str(tmp_path / "other.onnx")) == str(tmp_path / "other.onnx")
    json.dumps(image.options)
