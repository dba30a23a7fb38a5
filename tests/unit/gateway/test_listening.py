"""What becomes of the sounds of a query."""

import pytest

from gateway.core.listening import Listener, whole_filter
from gateway.core.model.query import Content, Media, Part, Query
from gateway.core.model.words import HeardSpeech, Transcript
from gateway.core.pacing.pace import Pace
from triptych.vocabulary.choices import AudioMode, FusionStrategy, Modality, SimilarityMetric
from triptych.vocabulary.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    Reason,
    ResourceExhausted,
    Unavailable,
)
from triptych.vocabulary.vectors import ModelVersion

MODEL = ModelVersion("transcriber", "1", "")
VOCABULARY = {"brand": [], "category": ["chair"], "colour": ["red"], "material": ["leather"]}
SAID = "a chair not leather under fifty euros"
FILTER = 'NOT attributes.material = "leather" AND price <= 50'
NOT_SERVED = FailedPrecondition("No.", reason=Reason.MODEL_NOT_SERVED)
SILENT = InvalidArgument("No.", reason=Reason.AUDIO_SILENT, field="audio.data")


class FakeInterpreter:
    """Hears what its bytes say, as a voice that sure; raises what it was given."""

    def __init__(self, speech=1.0, confidence=0.9, detecting=None, transcribing=None, slots=None):
        self.speech, self.confidence, self.slots = speech, confidence, slots or {}
        self.detecting, self.transcribing = detecting, transcribing
        self.calls = []

    async def detect_speech(self, audio):
        self.calls.append("detect")
        if self.detecting:
            raise self.detecting
        return self.speech

    async def transcribe(self, audio):
        self.calls.append("transcribe")
        if self.transcribing:
            raise self.transcribing
        return Transcript(audio.data.decode(), self.confidence, self.slots, MODEL)


class FakeVocabularies:
    async def of(self, catalog):
        return VOCABULARY


def sound(said=SAID, mode=AudioMode.AUTO, place=0, **more):
    content = Content(Modality.AUDIO, f"parts[{place}].audio", media=Media(said.encode()))
    return Part(content, audio_mode=mode, **more)


def text(words="a mug", place=0):
    return Part(Content(Modality.TEXT, f"parts[{place}].text", text=words))


def query(*parts, filter_=""):
    return Query(
        "default", parts, 20, FusionStrategy.LEARNED, SimilarityMetric.COSINE, None, None, filter=filter_
    )


async def listened(interpreter, *parts, filter_="", alone=1.0):
    listener = Listener(interpreter, FakeVocabularies(), alone)
    return await listener.listen(query(*parts, filter_=filter_), Pace())


def shown(parts):
    """Each part as (modality, words, weight, where it came from)."""
    return [(each.content.modality.name, each.content.text, each.weight, each.origin) for each in parts]


async def test_a_query_without_sounds():
    """Nothing is asked, and nothing is measured."""
    interpreter, watch = FakeInterpreter(), Pace()
    asked = query(text())
    found = await Listener(interpreter, FakeVocabularies()).listen(asked, watch)

    assert (asked, (), (), []) == (found.query, found.heard, watch.stages(), interpreter.calls)


async def test_sound_is_left_alone():
    """A sound of the mode SOUND is not listened to."""
    interpreter = FakeInterpreter()
    found = await listened(interpreter, sound(mode=AudioMode.SOUND))

    assert ([], ()) == (interpreter.calls, found.heard)


async def test_speech_becomes_words_and_a_filter():
    """In the mode SPEECH no detector is asked, and the sound's vector is not searched with."""
    interpreter = FakeInterpreter()
    found = await listened(interpreter, sound(mode=AudioMode.SPEECH, weight=2.0))

    assert ["transcribe"] == interpreter.calls
    assert [("TEXT", "a chair", 2.0, 0)] == shown(found.query.parts)
    assert FILTER == whole_filter(found.query)
    assert (MODEL,) == found.models
    (heard,) = found.heard
    assert (AudioMode.SPEECH, None, SAID, 0.9, "a chair") == (
        heard.mode, heard.probability, heard.transcript, heard.confidence, heard.words,
    )  # fmt: skip
    assert ["category", "material", "price"] == [each.name for each in heard.constraints]


@pytest.mark.parametrize("mode", [AudioMode.BOTH, AudioMode.AUTO])
async def test_words_and_sound_share_the_weight(mode):
    """Speech that is searched both ways counts no more than one part."""
    found = await listened(FakeInterpreter(), text(), sound("a chair", mode=mode, place=1, weight=3.0))

    assert [("TEXT", "a mug", 1.0, 0), ("AUDIO", "", 1.5, 1), ("TEXT", "a chair", 1.5, 1)] == shown(
        found.query.parts
    )
    assert [0, 1, 1] == [found.query.origin(place) for place in range(3)]
    assert AudioMode.BOTH == found.heard[0].mode


@pytest.mark.parametrize(
    ("speech", "confidence", "alone", "mode"),
    [
        (0.29, 0.9, 0.8, AudioMode.SOUND),
        (0.3, 0.9, 0.8, AudioMode.BOTH),
        (0.79, 0.9, 0.8, AudioMode.BOTH),
        (0.8, 0.9, 0.8, AudioMode.SPEECH),
        (0.8, 0.8, 0.8, AudioMode.BOTH),
        (1.0, 1.0, 1.0, AudioMode.BOTH),
    ],
)
async def test_auto_decides_and_says_so(speech, confidence, alone, mode):
    """Below one threshold it is a sound; words stand alone only above the other, and above the operator's."""
    found = await listened(FakeInterpreter(speech, confidence), sound("a chair"), alone=alone)

    assert (mode, speech) == (found.heard[0].mode, found.heard[0].probability)


async def test_auto_takes_words_alone_where_something_is_limited_or_denied():
    """The vector of "a chair not leather" is near leather."""
    found = await listened(FakeInterpreter(), sound())

    assert AudioMode.SPEECH == found.heard[0].mode
    assert ([("TEXT", "a chair", 1.0, 0)], FILTER) == (shown(found.query.parts), whole_filter(found.query))


async def test_what_is_no_speech_is_not_transcribed():
    """The slow model is asked only where somebody may speak."""
    interpreter = FakeInterpreter(speech=0.1)
    found = await listened(interpreter, sound())

    assert ["detect"] == interpreter.calls
    assert [("AUDIO", "", 1.0, 0)] == shown(found.query.parts)
    assert (HeardSpeech(0, AudioMode.SOUND, 0.1),) == found.heard


@pytest.mark.parametrize("mode", [AudioMode.AUTO, AudioMode.BOTH])
async def test_nothing_understood(mode):
    """Speech of which nothing is understood is searched as a sound, and the answer says so."""
    found = await listened(FakeInterpreter(confidence=0.2), sound("", mode))

    assert [("AUDIO", "", 1.0, 0)] == shown(found.query.parts)
    assert (AudioMode.SOUND, "", 0.2) == (
        found.heard[0].mode,
        found.heard[0].transcript,
        found.heard[0].confidence,
    )


async def test_a_sentence_that_is_half_understood():
    """Slots that are sure hold where the sentence is not: the sound is searched within the price that was heard."""
    slots = {"price_at_most": "fifty", "not_material": "leather"}
    found = await listened(FakeInterpreter(confidence=0.3, slots=slots), sound(""))

    assert [("AUDIO", "", 1.0, 0)] == shown(found.query.parts)
    assert FILTER == whole_filter(found.query)
    assert (AudioMode.SOUND, "", ["material", "price"]) == (
        found.heard[0].mode,
        found.heard[0].words,
        [each.name for each in found.heard[0].constraints],
    )


async def test_nothing_understood_of_what_has_to_be_speech():
    """Who asks for speech is told that there was none."""
    with pytest.raises(InvalidArgument) as refused:
        await listened(FakeInterpreter(confidence=0.2), text(), sound("", AudioMode.SPEECH, place=1))

    assert (Reason.SPEECH_NOT_UNDERSTOOD, "parts[1].audio") == (refused.value.reason, refused.value.field)
    assert {"confidence": "0.20"} == refused.value.metadata


@pytest.mark.parametrize("mode", [AudioMode.SPEECH, AudioMode.BOTH])
async def test_a_pack_without_a_transcriber(mode):
    """Who asks for words is told that the pack has none; the part is named."""
    with pytest.raises(FailedPrecondition) as refused:
        await listened(FakeInterpreter(transcribing=NOT_SERVED), sound(mode=mode))

    assert (Reason.MODEL_NOT_SERVED, "parts[0].audio") == (refused.value.reason, refused.value.field)


@pytest.mark.parametrize("error", [NOT_SERVED, SILENT])
async def test_auto_falls_back(error):
    """Where nothing can be transcribed, a sound is a sound."""
    found = await listened(FakeInterpreter(transcribing=error), sound())

    assert AudioMode.SOUND == found.heard[0].mode
    assert [("AUDIO", "", 1.0, 0)] == shown(found.query.parts)


async def test_a_sound_that_cannot_be_read():
    """The error names the field of the part."""
    with pytest.raises(InvalidArgument) as refused:
        await listened(FakeInterpreter(detecting=SILENT), text(), sound(place=1))

    assert (Reason.AUDIO_SILENT, "parts[1].audio.data") == (refused.value.reason, refused.value.field)


@pytest.mark.parametrize(
    "error",
    [
        Unavailable.because_of("encoder"),
        DeadlineExceeded(),
        ResourceExhausted("No.", reason=Reason.OVERLOADED),
    ],
)
@pytest.mark.parametrize("where", ["detecting", "transcribing"])
async def test_a_room_that_does_not_answer(where, error):
    """What is wrong for a moment is not taken for a sound: the same query would mean something else a second later."""
    with pytest.raises(type(error)):
        await listened(FakeInterpreter(**{where: error}), sound())


async def test_a_wish_beside_a_photo_is_a_filter_alone():
    """A wish for a price beside something to look for adds no words and no vector."""
    found = await listened(FakeInterpreter(), text("a mug"), sound("but under twenty please", place=1))

    assert [("TEXT", "a mug", 1.0, 0)] == shown(found.query.parts)
    assert "price <= 20" == whole_filter(found.query)
    assert (AudioMode.SPEECH, "") == (found.heard[0].mode, found.heard[0].words)


@pytest.mark.parametrize(
    ("mode", "parts"),
    [
        (AudioMode.AUTO, [("AUDIO", "", 1.0, 0)]),
        (AudioMode.BOTH, [("AUDIO", "", 1.0, 0)]),
        (AudioMode.SPEECH, [("TEXT", "but under twenty", 1.0, 0)]),
    ],
)
async def test_a_wish_alone_is_searched_with(mode, parts):
    """Where nothing else says what to look for, the sound does, or all that was said."""
    found = await listened(FakeInterpreter(), sound("but under twenty", mode))

    assert (parts, "price <= 20") == (shown(found.query.parts), whole_filter(found.query))


@pytest.mark.parametrize("more", [{"weight": -1.0}, {"exclude": True}])
async def test_what_is_not_wanted_does_not_filter(more):
    """What is said of something to keep away from limits nothing."""
    found = await listened(FakeInterpreter(), text(), sound(place=1, mode=AudioMode.SPEECH, **more))

    assert "" == whole_filter(found.query)
    assert "a chair" == found.query.parts[1].content.text
    assert found.query.parts[1].is_wanted is False


async def test_the_requests_filter_holds_too():
    """What was understood is joined to it, as is what other sounds say."""
    parts = [
        sound("a chair under ten", AudioMode.SPEECH),
        sound("a chair not red", AudioMode.SPEECH, place=1),
    ]
    found = await listened(FakeInterpreter(), *parts, filter_='brand = "A" OR brand = "B"')

    assert '(brand = "A" OR brand = "B") AND price <= 10 AND NOT attributes.colour = "red"' == whole_filter(
        found.query
    )
    assert [0, 1] == [each.part for each in found.heard]


@pytest.mark.parametrize(("confidence", "mode"), [(0.89, AudioMode.BOTH), (0.9, AudioMode.SPEECH)])
async def test_only_a_sure_limit_silences_the_sound(confidence, mode):
    """A denial that may have been misheard still filters, but the sound has a say in what is looked for."""
    found = await listened(FakeInterpreter(confidence=confidence), sound())

    assert (mode, FILTER) == (found.heard[0].mode, whole_filter(found.query))
