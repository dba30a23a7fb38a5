"""The article's folder layout: good, and wrong in every way that a shop can get it wrong."""

import shutil

import pytest

from training.data.records import DatasetError, check_dataset, read_dataset
from training.errors import TrainingError


def problems(root):
    """Return kind, where and fatal of every problem."""
    return [(one.kind, one.where, one.fatal) for one in check_dataset(root).report.problems]


def test_files_of_one_name_are_one_record(folder_dataset):
    """Text, picture and sound are paired by stem, in a fixed order, split by split."""
    root = folder_dataset()

    dataset = read_dataset(root)

    assert [f"train/{at}" for at in range(4)] + [f"test/{at}" for at in range(4)] == [
        record.id for record in dataset.records
    ]
    first = dataset.records[0]
    assert ("a red mug number 0", root / "train/images/0.png", root / "train/audio/0.wav", None, "train") == (
        first.text,
        first.image,
        first.audio,
        first.label,
        first.split,
    )
    assert () == dataset.report.problems


def test_the_folder_of_texts_has_two_names(folder_dataset, write):
    """The article calls it text; of two texts of one name the second is named."""
    root = folder_dataset()
    (root / "train/texts").rename(root / "train/text")
    articles = read_dataset(root)
    write.text(root / "train/texts/0.txt", "another mug")

    assert "a red mug number 0" == articles.records[0].text
    assert articles.report.ok
    assert [("duplicate_id", "train/text/0.txt", True)] == problems(root)


def test_modalities_may_be_missing_as_a_whole(folder_dataset):
    """A shop without recordings has no folder for them."""
    root = folder_dataset()
    for split in ("train", "test"):
        shutil.rmtree(root / split / "audio")

    dataset = read_dataset(root)

    assert ("text", "image") == dataset.modalities
    assert dataset.report.ok


def test_a_file_without_a_partner(folder_dataset, write):
    """A stem that stands in one folder only is named with the folders that lack it."""
    root = folder_dataset()
    write.picture(root / "train/images/lonely.png", seed=77)

    with pytest.raises(
        DatasetError, match=r"train/images/lonely\.png: there is no file called 'lonely' in texts or audio"
    ):
        read_dataset(root)


def test_a_missing_sound_is_only_noted(folder_dataset):
    """Text and picture still belong together."""
    root = folder_dataset()
    (root / "train/audio/2.wav").unlink()

    dataset = read_dataset(root)

    assert [("incomplete", "train/texts/2.txt", False)] == problems(root)
    assert next(one for one in dataset.records if one.id == "train/2").audio is None


def test_the_folder_s_name_is_the_label(tmp_path, write):
    """Pictures sorted into folders by class need no file of labels, and no partners."""
    for at, label in enumerate(("apple", "apple", "pear")):
        write.picture(tmp_path / "train/images" / label / f"{at}.png", seed=at)
    write.text(tmp_path / "train/texts/apple/words.txt", "an apple")

    dataset = read_dataset(tmp_path)

    assert {"train/0": "apple", "train/1": "apple", "train/2": "pear", "train/words": "apple"} == {
        record.id: record.label for record in dataset.records
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("labels.csv", "id,label\n0,cup\n1,cup\n2,jug\n3,jug\n"),
        (
            "labels.jsonl",
            '{"id":0,"label":"cup"}\n{"id":"1","label":"cup"}\n{"id":2,"label":"jug"}\n{"id":3,"label":"jug"}',
        ),
    ],
)
def test_files_of_labels(folder_dataset, name, content):
    """Labels by stem, as CSV or JSON Lines."""
    root = folder_dataset()
    (root / "train" / name).write_text(content)

    assert ["cup", "cup", "jug", "jug"] == [one.label for one in read_dataset(root).split("train")]


def test_numbered_labels_are_named_by_the_classes(folder_dataset):
    """With classes.txt a number is a position in it; beyond it, it is out of range and says so."""
    root = folder_dataset()
    (root / "classes.txt").write_text("cup\njug\n")
    (root / "train/labels.csv").write_text("id,label\n0,0\n1,1\n2,2\n3,vase\n")

    report = check_dataset(root).report

    assert [
        ("train/labels.csv:4", "the label 2 is out of range: classes.txt names 0 to 1", "label_out_of_range"),
        ("train/labels.csv:5", "the label 'vase' is not in classes.txt", "label_invalid"),
    ] == [(one.where, one.what, one.kind) for one in report.problems]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("id,label\n0,-1\n", ("label_out_of_range", "train/labels.csv:2", True)),
        ("id,label\n0,\n", ("label_invalid", "train/labels.csv:2", True)),
        ("id,label\n99,cup\n", ("unpaired", "train/labels.csv:2", True)),
        ("name,class\n0,cup\n", ("labels_invalid", "train/labels.csv:1", True)),
        ("id,label\n0,cup\n0,jug\n", ("label_conflict", "train/labels.csv:3", True)),
    ],
)
def test_bad_labels(folder_dataset, content, expected):
    """Each bad line of a file of labels is named."""
    root = folder_dataset()
    (root / "train/labels.csv").write_text(content)

    assert [expected] == problems(root)


def test_two_labels_for_one_record(tmp_path, write):
    """Folder and file of labels must agree."""
    for at, label in enumerate(("apple", "pear", "pear", "apple")):
        write.picture(tmp_path / "train/images" / label / f"{at}.png", seed=at)
    write.text(tmp_path / "train/labels.csv", "id,label\n0,pear\n")

    assert [("label_conflict", "train/images/apple/0.png", True)] == problems(tmp_path)


def test_broken_files_are_named_and_can_be_skipped(folder_dataset):
    """A cut picture, a sound that is none, an empty text, a text that is no UTF-8, a format not read."""
    root = folder_dataset(7)
    picture = root / "train/images/0.png"
    picture.write_bytes(picture.read_bytes()[:-40])
    (root / "train/audio/1.wav").write_bytes(b"no sound at all")
    (root / "train/texts/2.txt").write_text(" \n")
    (root / "train/texts/3.txt").write_bytes(b"mug\xff")
    (root / "train/images/4.png").rename(root / "train/images/4.tiff")

    dataset = read_dataset(root, skip_bad=True)

    assert {
        ("image_unreadable", "train/images/0.png"),
        ("audio_unreadable", "train/audio/1.wav"),
        ("empty_text", "train/texts/2.txt"),
        ("not_utf8", "train/texts/3.txt"),
        ("unsupported_format", "train/images/4.tiff"),
    } == {(one.kind, one.where) for one in dataset.report.problems}
    assert ["train/5", "train/6"] == [record.id for record in dataset.split("train")]
    assert 5 == dataset.report.skipped
    with pytest.raises(DatasetError, match="4 more problems"):
        read_dataset(root)


def test_one_name_twice(folder_dataset, write):
    """Two pictures of one stem cannot both be the one of their text."""
    root = folder_dataset()
    write.picture(root / "train/images/1.jpg", seed=5)

    assert [("duplicate_id", "train/images/1.png", True)] == problems(root)


def test_an_empty_folder(tmp_path):
    """Nothing at all is said to be nothing."""
    with pytest.raises(TrainingError, match="the folder is empty"):
        read_dataset(tmp_path)


def test_folders_without_files(tmp_path):
    """Folders made but never filled."""
    (tmp_path / "train/images").mkdir(parents=True)

    assert ("empty", "train", True) in problems(tmp_path)


@pytest.mark.parametrize(("folder", "kind"), [("val", "split_invalid"), ("train/image", "unknown_folder")])
def test_folders_by_other_names_are_not_passed_over(folder_dataset, write, folder, kind):
    """What would lose data in silence stops the training, whether or not bad records are skipped."""
    root = folder_dataset()
    write.picture(root / folder / "0.png")

    with pytest.raises(DatasetError):
        read_dataset(root, skip_bad=True)
    assert [(kind, folder, True)] == problems(root)


def test_litter_is_passed_over(folder_dataset):
    """What desktops and people leave lying about stops nothing."""
    root = folder_dataset()
    (root / "train/images/.DS_Store").write_bytes(b"x")
    (root / "train/images/Thumbs.db").write_bytes(b"x")
    (root / "README.md").write_text("ours")

    assert [("unread", "README.md", False)] == problems(root)


def test_a_copy_in_two_splits_is_noted(folder_dataset):
    """A picture that is trained on and tested with makes figures too good."""
    root = folder_dataset()
    shutil.copy(root / "train/images/0.png", root / "test/images/0.png")

    assert [("in_two_splits", "test/images/0.png", False)] == problems(root)


def test_no_such_folder(tmp_path):
    """A wrong path is one sentence."""
    with pytest.raises(TrainingError, match="there is no such file or folder"):
        read_dataset(tmp_path / "nowhere")


def test_a_file_that_is_no_manifest(tmp_path):
    """Only JSON Lines are read as a manifest."""
    (tmp_path / "data.parquet").write_bytes(b"x")

    with pytest.raises(TrainingError, match=r"ends in \.jsonl"):
        read_dataset(tmp_path / "data.parquet")
