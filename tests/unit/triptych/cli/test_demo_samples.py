"""Which searches the demonstration shows."""

import json

import pytest

from triptych.cli.demo_samples import LESS_RED, SamplePart, samples

TEXT = {"id": "t", "kind": "text_en", "language": "en", "text": "red mug", "wanted": {"category": "mug"}}
CHINESE = {
    "id": "c",
    "kind": "composed",
    "language": "zh",
    "text": "蓝色的",
    "photo": "queries/c.jpg",
    "wanted": {},
}
ENGLISH = {
    "id": "e",
    "kind": "composed",
    "language": "en",
    "text": "blue",
    "photo": "queries/e.jpg",
    "wanted": {},
}
VOICE = {"id": "v", "kind": "voice", "audio": "queries/v.wav", "spoken": "a lamp", "wanted": {}}


@pytest.fixture
def chosen(tmp_path):
    """Choose from the given queries."""

    def choose(*queries):
        (tmp_path / "queries").mkdir()
        lines = "".join(json.dumps(query) + "\n" for query in queries)
        (tmp_path / "queries" / "queries.jsonl").write_text(lines)
        return [sample.parts for sample in samples(tmp_path)]

    return choose


def test_one_of_each_kind_in_the_order_shown(chosen):
    """Kinds that the catalogue lacks are left out; the negative weight stands last."""
    expected = [
        (SamplePart("text", "red mug"),),
        (SamplePart("audio", "a lamp", "queries/v.wav"),),
        LESS_RED.parts,
    ]
    assert expected == chosen(VOICE, TEXT, VOICE)


def test_a_change_is_asked_for_in_english(chosen):
    """The page's own language comes first, whatever stands first in the file."""
    assert (SamplePart("image", file="queries/e.jpg"), SamplePart("text", "blue")) == chosen(
        CHINESE, ENGLISH
    )[0]


def test_another_language_is_better_than_none(chosen):
    """A catalogue with Chinese queries alone shows those."""
    assert (SamplePart("image", file="queries/c.jpg"), SamplePart("text", "蓝色的")) == chosen(CHINESE)[0]


def test_part_carries_the_file(tmp_path):
    """What is sent is the file's content, with its weight."""
    (tmp_path / "a.wav").write_bytes(b"sound")
    made = SamplePart("audio", "a lamp", "a.wav", weight=2.0).to_pb(tmp_path)

    assert ("audio", b"sound", 2.0) == (made.WhichOneof("content"), made.audio.data, made.weight)


def test_no_weight_stays_unset():
    """The API's default is the gateway's to know."""
    assert not SamplePart("text", "mug").to_pb(None).HasField("weight")
