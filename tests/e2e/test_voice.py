"""Spoken queries, from a client to products that pass what was said."""

import media
import numpy as np
import pytest

from training.demo.voices import VOICES, speak
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

PRICE, SAID = 100, "show me a mug under one hundred euros but not blue"
FILTER = 'NOT attributes.colour = "blue" AND price <= 100'


def sound(data: bytes, **more) -> pb.QueryPart:
    return pb.QueryPart(audio=types_pb2.Media(data=data), **more)


@pytest.fixture(scope="module")
def said():
    """A sentence in a voice that the demonstration's transcriber hears."""
    return media.wav(speak(SAID, VOICES[0]))


def test_what_is_said_holds(shop, said):
    """Nothing dearer and nothing blue is found, whoever decides that it is speech; the answer says what was heard."""
    for mode in (types_pb2.AUDIO_MODE_UNSPECIFIED, types_pb2.AUDIO_MODE_SPEECH, types_pb2.AUDIO_MODE_BOTH):
        answer = shop.find(sound(said, audio_mode=mode), page_size=100)
        found = [shop.items[result.product.id] for result in answer.results]
        (heard,) = answer.interpretation.speech

        assert found
        assert all(item.price_cents <= 100 * PRICE and item.colour != "blue" for item in found)
        assert SAID == heard.transcript
        assert "show me a mug" == heard.words
        assert FILTER == answer.interpretation.filter
        assert {"SPEECH", "BOTH"} >= {types_pb2.AudioMode.Name(heard.mode).removeprefix("AUDIO_MODE_")}
        # The sound's own vector, which BOTH asks for, is that of a sentence that the encoder never learned.
        assert mode == types_pb2.AUDIO_MODE_BOTH or "mug" == found[0].category


def test_a_photo_and_a_wish(shop, said):
    """What is said beside a photo limits what the photo finds."""
    wish = media.wav(speak("the same but under one hundred euros", VOICES[0]))
    blue = next(item for item in shop.items.values() if item.price_cents > 100 * PRICE)
    photo = pb.QueryPart(
        image=types_pb2.Media(data=(shop.folder / "images" / f"{blue.id}-0.jpg").read_bytes())
    )
    answer = shop.find(photo, sound(wish), page_size=50)

    assert "price <= 100" == answer.interpretation.filter
    assert answer.results
    assert all(shop.items[result.product.id].price_cents <= 100 * PRICE for result in answer.results)


def test_a_bell_is_no_speech(shop):
    """A sound in which nobody speaks is searched by its vector alone."""
    seconds = np.arange(32_000) / 16_000
    bell = np.sin(2 * np.pi * 880 * seconds) * np.exp(-3 * seconds) * 0.5
    answer = shop.find(sound(media.wav(bell.astype(np.float32))))
    (heard,) = answer.interpretation.speech

    assert (types_pb2.AUDIO_MODE_SOUND, "") == (heard.mode, heard.transcript)
    assert heard.speech_probability < 0.3
    assert [types_pb2.MODALITY_AUDIO] == list(answer.interpretation.modalities)
