"""Sounds of which the first byte says how many seconds they last."""

import numpy as np

from services.encoder.adapters.no_media import NoMedia
from services.encoder.core.media import MediaPreparer
from services.encoder.core.parts import Media
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import InvalidArgument, Reason


class Seconds:
    """A sound of as many seconds as its first byte says; silence is refused."""

    async def decode(self, data, facts, focus):
        if data == b"\0":
            raise InvalidArgument("The sound is silence.", reason=Reason.AUDIO_SILENT)
        return np.ones(data[0] * facts.sample_rate_hz, np.float32)


class NoFetcher:
    async def fetch(self, uri, bytes_max):
        raise InvalidArgument("No.", reason=Reason.URI_NOT_ALLOWED)


def prepared():
    """Return what takes such sounds, of ten bytes at most, and fetches none."""
    return MediaPreparer(Seconds(), NoFetcher(), NoMedia(), bytes_max=10)


def sound(data):
    return Media(Modality.AUDIO, data)


# Each with the reason and the field to blame.
UNREADABLE = [
    (sound(b"\0"), Reason.AUDIO_SILENT, "audio.data"),
    (sound(b""), Reason.MEDIA_EMPTY, "audio.data"),
    (sound(b"\1" * 11), Reason.MEDIA_TOO_LARGE, "audio.data"),
    (Media(Modality.AUDIO, uri="https://example.org/a.wav"), Reason.URI_NOT_ALLOWED, "audio.uri"),
]
