"""The verb: parts of any modality in, one outcome per part out."""

import asyncio
import dataclasses

import numpy as np
import pytest

from services.encoder.adapters.in_memory import (
    BATCH_MAX,
    InMemoryAudioEncoder,
    InMemoryImageEncoder,
    InMemoryTextEncoder,
)
from services.encoder.adapters.no_media import NoMedia
from services.encoder.core.encode import PartsEncoder
from services.encoder.core.lane import BATCHES_AT_ONCE, Lane
from services.encoder.core.media import MediaPreparer
from services.encoder.core.parts import Media, Text, content_id
from services.encoder.core.remembered import SharedVectors, VectorMemory
from services.encoder.core.texts import TextPreparer
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import (
    FailedPrecondition,
    Internal,
    InvalidArgument,
    Reason,
    ResourceExhausted,
    TriptychError,
    Unavailable,
)
from triptych.vocabulary.media import WHOLE, Box, Focus
from triptych.vocabulary.vectors import Vector


class Counting(InMemoryTextEncoder):
    """Remembers the batches, and how many were with it at once."""

    def __init__(self):
        super().__init__()
        self.batches, self.at_once, self.at_once_max = [], 0, 0

    async def encode(self, inputs):
        self.batches.append(len(inputs))
        self.at_once += 1
        self.at_once_max = max(self.at_once_max, self.at_once)
        await asyncio.sleep(0.001)
        self.at_once -= 1
        return await super().encode(inputs)


class Away(InMemoryTextEncoder):
    async def encode(self, inputs):
        raise Unavailable.because_of("triton")


class Switched(InMemoryTextEncoder):
    """Is in the pack that is served, or is not."""

    def __init__(self, *, served):
        super().__init__()
        self.served = served

    async def facts(self):
        return await super().facts() if self.served else None


class Wrong(InMemoryTextEncoder):
    def __init__(self, made):
        super().__init__()
        self.made = made

    async def encode(self, inputs):
        return self.made


class GreyLevel:
    """A picture of one grey, which is the first byte; a sound of one level; "bad" files are refused."""

    async def decode(self, data, facts, focus):
        if data == b"bad":
            raise InvalidArgument("No.", reason=Reason.IMAGE_UNREADABLE)
        if hasattr(facts, "height_px"):
            return np.full((facts.height_px, facts.width_px, 3), data[0], np.uint8)
        return np.sin(np.arange(1600, dtype=np.float32) * data[0])


class NoFetcher:
    async def fetch(self, uri, bytes_max):
        raise InvalidArgument("No.", reason=Reason.URI_NOT_ALLOWED)


class Store:
    """Keeps contents in memory."""

    def __init__(self):
        self.contents = {}

    async def keep(self, contents):
        self.contents |= contents
        return contents.keys()


def vectors(bytes_max=10_000):
    return SharedVectors(VectorMemory(bytes_max), lambda source, count: None)


async def encoder_of(texts=None, parts_max=100, store=None):
    media = MediaPreparer(GreyLevel(), NoFetcher(), store or NoMedia(), bytes_max=10)
    encoder = PartsEncoder(
        {
            Modality.TEXT: Lane(texts or InMemoryTextEncoder(), TextPreparer(100), vectors()),
            Modality.IMAGE: Lane(InMemoryImageEncoder(), media, vectors()),
            Modality.AUDIO: Lane(InMemoryAudioEncoder(), media, vectors()),
        },
        parts_max,
    )
    await encoder.warm_up()
    return encoder


def image(data):
    return Media(Modality.IMAGE, data)


async def test_each_part_has_its_outcome_at_its_place():
    """Parts of all modalities, good and bad in any order, are answered in theirs."""
    invalid = InvalidArgument("No.", reason=Reason.FIELD_INVALID, field="content")
    parts = [
        Text("a b"),
        image(b"bad"),
        invalid,
        Media(Modality.AUDIO, b"\1"),
        Text("?"),
        image(b"\x80"),
        Media(Modality.AUDIO, uri="file:///x"),
        image(b""),
        image(b"x" * 11),
    ]

    encoding = await (await encoder_of()).encode(parts)

    seen = [
        each.space if isinstance(each, Vector) else (each.reason, each.field) for each in encoding.outcomes
    ]
    assert [
        "in-memory-1/text",
        (Reason.IMAGE_UNREADABLE, "image.data"),
        (Reason.FIELD_INVALID, "content"),
        "in-memory-1/audio",
        (Reason.EMPTY_TEXT, "text"),
        "in-memory-1/image",
        (Reason.URI_NOT_ALLOWED, "audio.uri"),
        (Reason.MEDIA_EMPTY, "image.data"),
        (Reason.MEDIA_TOO_LARGE, "image.data"),
    ] == seen


async def test_only_models_that_made_a_vector_are_named():
    """A modality of which every part failed took no part."""
    encoding = await (await encoder_of()).encode([Text("a"), image(b"bad"), Text("b")])

    assert ["text_encoder"] == [facts.model.name for facts in encoding.facts]


async def test_a_vector_does_not_depend_on_its_neighbours():
    """Part 7 of 9, in a batch after a refused part, has the vector that it has alone."""
    encoder = await encoder_of()
    texts = [Text("?" if at == 5 else f"text {at}") for at in range(9)]

    together, alone = await encoder.encode(texts), await encoder.encode([texts[7]])

    assert np.array_equal(together.outcomes[7].values, alone.outcomes[0].values)


async def test_many_parts_go_in_full_batches_a_few_at_once():
    """No batch is larger than the model's, and the model never holds more than the bound."""
    counting = Counting()

    await (await encoder_of(counting)).encode([Text(str(at)) for at in range(5 * BATCH_MAX + 1)])

    assert [1, *[BATCH_MAX] * 5] == sorted(counting.batches)
    assert BATCHES_AT_ONCE == counting.at_once_max


async def test_a_model_that_is_away_fails_the_whole_request():
    """Without Triton the other parts' vectors are of no use: the error is the call's, bare."""
    with pytest.raises(Unavailable):
        await (await encoder_of(Away())).encode([image(b"\1"), Text("a")])


async def test_before_the_facts_are_known_nothing_is_encoded():
    """A service that was never warm says so."""
    encoder = PartsEncoder({Modality.TEXT: Lane(InMemoryTextEncoder(), TextPreparer(9), vectors())}, 9)

    with pytest.raises(Unavailable):
        await encoder.encode([Text("a")])


async def test_more_parts_than_allowed_are_refused_and_room_comes_back():
    """The bound holds over requests, not within one only."""
    encoder = await encoder_of(Counting(), parts_max=3)

    first = asyncio.create_task(encoder.encode([Text("a"), Text("b")]))
    await asyncio.sleep(0)
    with pytest.raises(ResourceExhausted):
        await encoder.encode([Text("c"), Text("d")])
    await first

    assert 2 == len((await encoder.encode([Text("c"), Text("d")])).outcomes)


async def test_a_check_learns_of_a_new_version():
    """Triton came back with another pack: the vectors are of its space from the next check on."""
    texts = InMemoryTextEncoder()
    encoder = await encoder_of(texts)

    texts.version = "2"
    before = await encoder.encode([Text("a")])
    await encoder.check()
    after = await encoder.encode([Text("a")])

    assert ["in-memory-1/text", "in-memory-2/text"] == [
        encoding.outcomes[0].space for encoding in (before, after)
    ]
    assert "2" == after.facts[0].model.version


async def test_a_modality_that_the_pack_lacks_fails_alone():
    """Its parts say so, each with itself to blame, and the other parts are encoded."""
    encoder = await encoder_of(Switched(served=False))

    encoding = await encoder.encode([Text("a"), image(b"\1"), Text("?")])

    first, picture, last = encoding.outcomes
    assert isinstance(picture, Vector)
    for error in (first, last):
        assert isinstance(error, FailedPrecondition)
        assert (Reason.MODALITY_NOT_SERVED, "text") == (error.reason, error.field)
        assert {"modality": "TEXT"} == error.metadata
    assert ["image_encoder"] == [facts.model.name for facts in encoding.facts]


@pytest.mark.parametrize("served", [True, False])
async def test_a_check_learns_that_a_modality_came_or_went(served):
    """A pack was switched under the running room: from the next check on its modalities are the new pack's."""
    texts = Switched(served=not served)
    encoder = await encoder_of(texts)

    texts.served = served
    await encoder.check()
    (outcome,) = (await encoder.encode([Text("a")])).outcomes

    assert served == isinstance(outcome, Vector)


@pytest.mark.parametrize(
    "made", [np.ones((1, 3), np.float32), np.ones((2, 16), np.float32), np.full((1, 16), np.nan, np.float32)]
)
async def test_vectors_that_no_space_allows_never_leave(made):
    """A wrong dimension, a row too many or a NaN is a fault of ours, not an answer."""
    with pytest.raises(Internal):
        await (await encoder_of(Wrong(made))).encode([Text("a")])


async def test_facts_are_frozen():
    """What was learned of a model cannot be changed by whoever reads it."""
    facts = await InMemoryTextEncoder().facts()

    with pytest.raises(dataclasses.FrozenInstanceError):
        facts.batch_max = 9


async def test_an_internal_error_in_decoding_is_not_blamed_on_the_caller():
    """Only InvalidArgument belongs to a part; anything else fails the request."""

    class Broken(GreyLevel):
        async def decode(self, data, facts, focus):
            raise Internal

    lane = Lane(InMemoryImageEncoder(), MediaPreparer(Broken(), NoFetcher(), NoMedia(), 10), vectors())
    encoder = PartsEncoder({Modality.IMAGE: lane}, 9)
    await encoder.warm_up()

    with pytest.raises(TriptychError) as failed:
        await encoder.encode([image(b"\1")])
    assert isinstance(failed.value, Internal)


@pytest.mark.parametrize("keep", [True, False])
async def test_what_was_encoded_is_kept_when_asked(keep):
    """Neither words nor what could not be read are kept, and nothing unless it is asked for."""
    store = Store()
    parts = [Text("a"), image(b"bad"), image(b"\1"), image(b"\2")]

    encoding = await (await encoder_of(store=store)).encode(parts, keep=keep)

    expected = ["", "", content_id(b"\1"), content_id(b"\2")] if keep else [""] * 4
    assert expected == [*encoding.content_ids]
    assert ([b"\1", b"\2"] if keep else []) == [*store.contents.values()]


async def test_what_cannot_be_kept_is_not_encoded():
    """A product would lose its picture at the next model: it is refused now, and the words are encoded."""

    class Full(Store):
        async def keep(self, contents):
            raise ResourceExhausted("Full.", reason=Reason.STORAGE_FULL)

    encoding = await (await encoder_of(store=Full())).encode([image(b"\1"), Text("a")], keep=True)

    error, vector = encoding.outcomes
    assert (Reason.STORAGE_FULL, "image.data") == (error.reason, error.field)
    assert isinstance(vector, Vector)


async def test_says_in_which_spaces_it_makes_vectors():
    """One for each modality that the pack has; nothing before its models were heard."""
    away = Switched(served=False)
    lanes = {
        Modality.TEXT: Lane(InMemoryTextEncoder(), TextPreparer(8), vectors()),
        Modality.IMAGE: Lane(away, TextPreparer(8), vectors()),
    }
    encoder = PartsEncoder(lanes, parts_max=4)
    with pytest.raises(Unavailable):
        encoder.spaces()

    await encoder.warm_up()

    assert ["in-memory-1/text"] == [space.id for space in encoder.spaces()]


async def test_a_model_that_was_away_starts_afresh():
    """Until a check fails a text is encoded once; then it may be another model's, of the same name."""

    class Restarted(Counting):
        away = False

        async def facts(self):
            if self.away:
                raise Unavailable.because_of("triton")
            return await super().facts()

    texts = Restarted()
    encoder = await encoder_of(texts)
    for _ in range(2):
        await encoder.encode([Text("a"), Text(" a ")])
    await encoder.check()
    assert [1] == texts.batches

    texts.away = True
    with pytest.raises(Unavailable):
        await encoder.check()
    texts.away = False
    await encoder.check()
    await encoder.encode([Text("a")])

    assert [1, 1] == texts.batches


async def test_a_region_is_not_the_whole_picture():
    """One file looked at in two ways is two vectors."""
    seen = []

    class Looking(GreyLevel):
        async def decode(self, data, facts, focus):
            seen.append(focus)
            return await super().decode(data, facts, focus)

    media = MediaPreparer(Looking(), NoFetcher(), NoMedia(), 10)
    encoder = PartsEncoder({Modality.IMAGE: Lane(InMemoryImageEncoder(), media, vectors())}, 9)
    await encoder.warm_up()
    left = Focus(Box(0, 0, 0.5, 1))

    await encoder.encode([image(b"\1"), dataclasses.replace(image(b"\1"), focus=left), image(b"\1")])

    assert [WHOLE, left] == seen


async def test_a_host_that_never_answers_holds_nobody_up():
    """Its pictures are waited for alone: all others are encoded meanwhile, and have their vectors in the end."""
    silent, encoded = asyncio.Event(), []

    class Fetching:
        async def fetch(self, uri, bytes_max):
            if uri.startswith("https://silent"):
                await silent.wait()
                raise Unavailable("No.", reason=Reason.URI_UNAVAILABLE)
            return uri[-1:].encode()

    class Seen(InMemoryImageEncoder):
        async def encode(self, inputs):
            encoded.extend(inputs)
            if len(encoded) == 9:
                silent.set()
            return await super().encode(inputs)

    media = MediaPreparer(GreyLevel(), Fetching(), NoMedia(), bytes_max=10)
    encoder = PartsEncoder({Modality.IMAGE: Lane(Seen(), media, vectors())}, 100)
    await encoder.warm_up()
    parts = [
        Media(Modality.IMAGE, uri=f"https://{host}.example/{at}")
        for at in range(1, 10)
        for host in ("silent", "quick")
    ]

    async with asyncio.timeout(5):
        encoding = await encoder.encode(parts)

    assert [(Reason.URI_UNAVAILABLE, "image.uri")] * 9 == [
        (error.reason, error.field) for error in encoding.outcomes[::2]
    ]
    assert all(isinstance(each, Vector) for each in encoding.outcomes[1::2])
