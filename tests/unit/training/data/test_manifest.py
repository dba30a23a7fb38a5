"""Manifests: good, and wrong line by line."""

import json

import pytest

from training.data.dataset import MODALITIES
from training.data.records import DatasetError, check_dataset, read_dataset
from training.data.report import Problem, Report


def problems(path, **options):
    """Return kind, where and fatal of every problem."""
    return [(one.kind, one.where, one.fatal) for one in check_dataset(path, **options).report.problems]


def changed(manifest_dataset, **values):
    """Write a manifest whose second record has other *values*."""
    return manifest_dataset(6, lambda records: records[1].update(values))


def test_a_manifest(manifest_dataset):
    """Every line is a record; paths are relative to the manifest."""
    path = manifest_dataset(2)

    first = read_dataset(path).records[0]

    assert ("mug-0", "a red mug", "red", "train") == (first.id, first.text, first.label, first.split)
    assert ((path.parent / "photos/0.png").resolve(), (path.parent / "said/0.wav").resolve()) == (
        first.image,
        first.audio,
    )


def test_a_folder_with_a_manifest_is_read_by_it(manifest_dataset):
    """The folder may be named instead of the file."""
    path = manifest_dataset()

    assert read_dataset(path).records == read_dataset(path.parent).records


def test_media_root(manifest_dataset, tmp_path):
    """Paths may be relative to another folder."""
    path = manifest_dataset()
    moved = path.rename(tmp_path / "elsewhere.jsonl")

    assert 4 == len(read_dataset(moved, media_root=tmp_path / "shop").records)


def test_everything_but_one_content_may_be_missing(tmp_path, write):
    """Even the id: the line's number names it. A null is as good as nothing."""
    path = tmp_path / "texts.jsonl"
    write.text(
        path,
        '{"text": "a", "label": "x"}\n\n{"id": 7, "text": "b", "image": null, "label": "y"}\n{"text": "c", "label": 1}\n{"text":"d","label":"x"}',
    )

    assert [("texts-1", "x"), ("7", "y"), ("texts-4", "1"), ("texts-5", "x")] == [
        (record.id, record.label) for record in read_dataset(path).records
    ]


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        ({"text": ""}, "empty_text", "the text is empty"),
        ({"text": 5}, "text_invalid", "text must be a string, not 5"),
        ({"id": "mug-0"}, "duplicate_id", "the id 'mug-0' stands already at manifest.jsonl:1"),
        ({"id": True}, "id_invalid", "the id must be a word or an integer, not true"),
        ({"image": "photos/none.png"}, "file_missing", "there is no file photos/none.png"),
        ({"image": "../photo.png"}, "path_outside", "../photo.png leads out of"),
        ({"image": "/etc/passwd"}, "path_outside", "/etc/passwd leads out of"),
        ({"image": "http://shop/1.png"}, "path_invalid", "not the address http://shop/1.png"),
        ({"image": ["photos/1.png"]}, "path_invalid", 'not ["photos/1.png"]'),
        ({"image": "said/1.wav"}, "unsupported_format", "not read as image"),
        ({"split": "valid"}, "split_invalid", 'the split "valid" is not one of train, dev, test'),
        ({"split": ["train"]}, "split_invalid", "is not one of train, dev, test"),
        ({"label": -3}, "label_out_of_range", "the label -3 is out of range: integers start at 0"),
        ({"label": 1.5}, "label_invalid", "not 1.5"),
        ({"label": float("nan")}, "label_invalid", "not NaN"),
        ({"label": ""}, "label_invalid", "the label is empty"),
        ({"imgae": "photos/1.png"}, "unknown_key", "the key 'imgae' is unknown; is 'image' meant?"),
    ],
)
def test_bad_records(manifest_dataset, values, kind, said):
    """Each is named with its line, stops the training, and can be left out."""
    path = changed(manifest_dataset, **values)

    with pytest.raises(DatasetError, match=r"^manifest\.jsonl:2: ") as error:
        read_dataset(path)

    assert said in str(error.value)
    assert [(kind, "manifest.jsonl:2", True)] == problems(path)
    assert ["mug-0", "mug-2"] == [record.id for record in read_dataset(path, skip_bad=True).records][:2]


@pytest.mark.parametrize(
    "line", [b"{", b"[1]", b'"x"', b"\xff\xfe", b'{"id": 1, "id": 2, "text": "x"}', b"[" * 5000]
)
def test_lines_that_are_no_object(manifest_dataset, line):
    """A line that cannot be read is named and costs only itself."""
    path = manifest_dataset()
    path.write_bytes(path.read_bytes() + line + b"\n")

    assert ["manifest.jsonl:5"] == [one.where for one in check_dataset(path).report.problems]
    assert 4 == len(read_dataset(path, skip_bad=True).records)


def test_other_keys_are_noted(manifest_dataset):
    """A price does no harm, but is not trained on."""
    assert [("unread_key", "manifest.jsonl:2", False)] == problems(changed(manifest_dataset, price=3))


def test_nothing_in_a_record(tmp_path, write):
    """An id alone is no product."""
    path = tmp_path / "m.jsonl"
    write.text(path, '{"id": "a"}\n')

    assert ("no_content", "m.jsonl:1", True) in problems(path)


def test_a_byte_order_mark_is_passed_over(manifest_dataset):
    """Editors on some systems begin files with one."""
    path = manifest_dataset()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert [] == problems(path)


def test_an_empty_manifest(tmp_path, write):
    """No line, no records."""
    write.text(tmp_path / "m.jsonl", "\n\n")

    assert [("empty", "m.jsonl", True)] == problems(tmp_path / "m.jsonl")


def test_one_product(manifest_dataset):
    """One record cannot be told apart from anything; evaluating may still want it."""
    path = manifest_dataset(1)

    with pytest.raises(DatasetError, match="telling products apart needs two"):
        read_dataset(path, skip_bad=True)
    assert 1 == len(read_dataset(path, for_training=False).records)


def test_one_class(manifest_dataset):
    """Where all is one class, nothing can be learnt."""
    path = manifest_dataset(4, lambda records: [one.update(label="mug") for one in records])

    with pytest.raises(DatasetError, match="all 4 records to train on have the label 'mug'"):
        read_dataset(path)


def test_nothing_to_train_on(manifest_dataset):
    """A dataset that is all test is for evaluating."""
    path = manifest_dataset(4, lambda records: [one.update(split="test") for one in records])

    assert [("split_empty", "manifest.jsonl", True)] == problems(path)
    assert [] == problems(path, for_training=False)


def test_nothing_that_belongs_together(manifest_dataset):
    """Texts alone, without labels, have nothing to be near to."""

    def texts_only(records):
        for one in records:
            for name in ("image", "audio", "label"):
                del one[name]

    assert [("nothing_paired", "manifest.jsonl", True)] == problems(manifest_dataset(4, texts_only))


def test_some_without_a_split(manifest_dataset):
    """They are trained on, and that is said."""
    path = manifest_dataset(4, lambda records: records[0].pop("split"))

    assert [("split_missing", "manifest.jsonl", False)] == problems(path)


def test_classes_beside_the_manifest(manifest_dataset):
    """Numbers become names."""
    path = manifest_dataset(3, lambda records: [one.update(label=at) for at, one in enumerate(records)])
    (path.parent / "classes.txt").write_text("cup\njug\nvase\n")

    dataset = read_dataset(path)

    assert ("cup", "jug", "vase") == dataset.classes == tuple(one.label for one in dataset.records)


@pytest.mark.parametrize("content", ["", "cup\ncup\n", "cup\n\njug\n"])
def test_bad_classes(manifest_dataset, content):
    """A list of classes is complete and names each once."""
    path = manifest_dataset()
    (path.parent / "classes.txt").write_text(content)

    assert ("classes_invalid", "classes.txt", True) in problems(path)


def test_the_report_for_programs(manifest_dataset):
    """The report is JSON with all that is wrong."""
    report = check_dataset(changed(manifest_dataset, text="")).report

    assert {
        "ok": False,
        "skipped": 1,
        "problems": [
            {
                "where": "manifest.jsonl:2",
                "what": "the text is empty",
                "fatal": True,
                "kind": "empty_text",
                "skippable": True,
            }
        ],
    } == {name: value for name, value in json.loads(json.dumps(report.as_json())).items() if name != "source"}


def test_the_report_for_people(manifest_dataset):
    """Many problems of one kind are counted, not all printed."""
    report = check_dataset(
        manifest_dataset(20, lambda records: [one.update(text="") for one in records])
    ).report

    text = report.text()

    assert "manifest.jsonl:5" in text
    assert "manifest.jsonl:6" not in text
    assert "15 more: empty_text" in text


def test_the_report_shows_brackets_of_names():
    """A file may be called as it likes: brackets are no markup of ours."""
    report = Report("shop [/new]", (Problem("[front].jpg", "is no [/picture]", fatal=True),))

    for shown in ("shop [/new]", "[front].jpg", "is no [/picture]"):
        assert shown in report.text()


def test_counts(manifest_dataset):
    """How much there is of what."""
    counts = read_dataset(manifest_dataset(6)).counts()

    assert {"records": 6, **dict.fromkeys(MODALITIES, 6), "labels": 4} == {
        name: value for name, value in counts.items() if name != "splits"
    }
    assert {"train": 6, "dev": 0, "test": 0} == counts["splits"]
