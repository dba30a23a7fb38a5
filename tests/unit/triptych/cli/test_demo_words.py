"""What the demonstration shows of pictures and sounds in words."""

import pytest

from triptych.cli.demo_samples import Sample, SamplePart
from triptych.cli.demo_words import words_of
from triptych.client import TriptychClientError
from triptych.v1 import product_search_service_pb2 as pb

MIX = Sample(
    "A mix",
    (SamplePart("image", file="a.jpg"), SamplePart("text", "mug"), SamplePart("audio", "red mug", "a.wav")),
)


class FakeClient:
    """Describes and transcribes by the name of the file; raises *error* instead where one is given."""

    def __init__(self, error=None):
        self._error = error

    def describe(self, image, *, timeout_s):
        if self._error:
            raise self._error
        return pb.DescribeImageResponse(description=f"A {image.stem}.", confidence=0.5)

    def transcribe(self, audio, *, timeout_s):
        if self._error:
            raise self._error
        heard = [pb.Constraint(name="colour", value="red")]
        return pb.TranscribeAudioResponse(transcript="red mug", confidence=0.75, constraints=heard)


class Refused(TriptychClientError):
    """A call that was refused for a reason."""

    def __init__(self, reason):
        Exception.__init__(self, reason)
        self.reason = reason


def test_every_picture_and_sound_gets_a_line(tmp_path):
    """Texts are words already."""
    expected = [
        "the photo shows: A a. (confidence 0.50)",
        "the voice says: red mug (confidence 0.75, colour red)",
    ]
    assert expected == words_of(FakeClient(), MIX, tmp_path, 1)


def test_a_pack_without_words_stays_silent(tmp_path):
    """Another pack than the demonstration's may be served; any other failure is one."""
    assert [] == words_of(FakeClient(Refused("MODEL_NOT_SERVED")), MIX, tmp_path, 1)
    with pytest.raises(TriptychClientError):
        words_of(FakeClient(Refused("INTERNAL")), MIX, tmp_path, 1)
