"""Pictures and sounds on their way to the encoder."""

import pytest

from services.encoder.core.media import MediaPreparer
from services.encoder.core.parts import Media
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.media import WHOLE, Box, Focus

LEFT = Focus(covered=Box(0, 0, 0.5, 1))


class Fetcher:
    """Files by address; it keeps what it was asked for."""

    def __init__(self):
        self.asked = []

    async def fetch(self, uri, bytes_max):
        self.asked.append(uri)
        if uri == "missing":
            raise InvalidArgument("No.", reason=Reason.URI_UNREADABLE)
        return uri.encode()


class Decoder:
    """Returns what it was given; a region of "small" is refused."""

    async def decode(self, data, facts, focus=WHOLE):
        if data == b"small" and focus.region:
            raise InvalidArgument("Too small.", reason=Reason.REGION_INVALID, field="region")
        return data, focus


@pytest.fixture
def fetcher():
    return Fetcher()


@pytest.fixture
def preparer(fetcher):
    return MediaPreparer(Decoder(), fetcher, bytes_max=100)


def image(uri, focus=WHOLE):
    return Media(Modality.IMAGE, uri=uri, focus=focus)


async def test_what_several_name_is_fetched_once(preparer, fetcher):
    """Each part has its own view of it."""
    made = await preparer.prepare([image("a"), image("b"), image("a", LEFT)], None)

    assert [(b"a", WHOLE), (b"b", WHOLE), (b"a", LEFT)] == made
    assert ["a", "b"] == sorted(fetcher.asked)


async def test_all_who_name_it_hear_that_it_is_missing(preparer, fetcher):
    """Each has an error of its own field, and the others are decoded."""
    first, other, second = await preparer.prepare(
        [image("missing"), image("a"), Media(Modality.AUDIO, uri="missing")], None
    )

    assert ("image.uri", "audio.uri") == (first.field, second.field)
    assert (b"a", WHOLE) == other
    assert ["a", "missing"] == sorted(fetcher.asked)


async def test_a_region_is_to_blame_for_itself(preparer):
    """What is wrong with a region is not the file's fault."""
    part = Media(Modality.IMAGE, b"small", focus=Focus(region=Box(0, 0, 0.1, 0.1)))

    (error,) = await preparer.prepare([part], None)

    assert (Reason.REGION_INVALID, "region") == (error.reason, error.field)
