"""Describing pictures; the model is a fake."""

import asyncio

import numpy as np
import pytest

from services.encoder.adapters.no_media import NoMedia
from services.encoder.adapters.pillow import PillowDecoder
from services.encoder.core.describe import Described, PictureDescriber
from services.encoder.core.facts import DescriberFacts
from services.encoder.core.media import MediaPreparer
from services.encoder.core.parts import Media
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import FailedPrecondition, InvalidArgument, Reason, ResourceExhausted
from triptych.vocabulary.media import Resize
from triptych.vocabulary.vectors import ModelVersion

MODEL = ModelVersion("describer", "1", "")
FACTS = DescriberFacts(MODEL, ("en",), height_px=12, width_px=20, resize=Resize.SQUASH)
PPM_RED = b"P6 2 2 255 " + bytes([255, 0, 0] * 4)


class FakeDescriber:
    """Says the size and the mean colour of what it sees; waits for *leave* first."""

    def __init__(self, facts=FACTS):
        self._facts = facts
        self.leave = asyncio.Event()
        self.leave.set()

    async def facts(self):
        return self._facts

    async def describe(self, picture):
        await self.leave.wait()
        return Described(f"{picture.shape} {picture.mean((0, 1)).round().tolist()}", 0.5)


class Decoder:
    """Every picture is red, in the form that the facts ask for."""

    async def decode(self, data, facts, focus):
        if data == b"broken":
            return PillowDecoder(100).decode(data, facts)
        return np.full((facts.height_px, facts.width_px, 3), [255, 0, 0], np.uint8)


def describer_of(describer, pictures_max=4):
    return PictureDescriber(describer, MediaPreparer(Decoder(), None, NoMedia(), 1000), pictures_max)


def picture(data=PPM_RED):
    return Media(Modality.IMAGE, data=data)


async def test_a_picture_comes_to_the_model_in_its_form():
    """The size is the model's own; the answer names the model."""
    described, model = await describer_of(FakeDescriber()).describe(picture())

    assert Described("(12, 20, 3) [255.0, 0.0, 0.0]", 0.5) == described
    assert MODEL == model


async def test_a_pack_without_a_describer():
    """Nothing is decoded: the caller is told that the pack has none."""
    with pytest.raises(FailedPrecondition) as caught:
        await describer_of(FakeDescriber(facts=None)).describe(picture(b"broken"))

    assert Reason.MODEL_NOT_SERVED == caught.value.reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", Reason.MEDIA_EMPTY), (b"x" * 1001, Reason.MEDIA_TOO_LARGE), (b"broken", Reason.IMAGE_UNREADABLE)],
)
async def test_a_picture_that_cannot_be_read(data, reason):
    """The field is named."""
    with pytest.raises(InvalidArgument) as caught:
        await describer_of(FakeDescriber()).describe(picture(data))

    assert (reason, "image.data") == (caught.value.reason, caught.value.field)


async def test_no_more_at_once_than_allowed():
    """One too many is refused at once, and the others go on."""
    fake = FakeDescriber()
    fake.leave.clear()
    describer = describer_of(fake, pictures_max=1)
    first = asyncio.create_task(describer.describe(picture()))
    await asyncio.sleep(0)

    with pytest.raises(ResourceExhausted):
        await describer.describe(picture())
    fake.leave.set()

    assert (await first)[0].confidence == 0.5
