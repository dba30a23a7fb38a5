"""Media that are kept, listed, read again and removed, through the room's RPCs; the encoders are in memory."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from services.encoder.adapters.in_memory import InMemoryImageEncoder
from services.encoder.adapters.media_folder import MediaFolder
from services.encoder.adapters.pillow import PillowDecoder
from services.encoder.adapters.uris import AllowedUris, AllowList
from services.encoder.core.encode import PartsEncoder
from services.encoder.core.lane import Lane
from services.encoder.core.media import MediaPreparer
from services.encoder.core.parts import content_id
from services.encoder.core.remembered import SharedVectors, VectorMemory
from services.encoder.main import room_of
from services.encoder.settings import EncoderSettings
from triptych.internal.v1.encoder_service_pb2 import (
    ConfirmMediaRequest,
    EncodePart,
    EncodeRequest,
    ListMediaRequest,
    RemoveMediaRequest,
)
from triptych.internal.v1.encoder_service_pb2_grpc import EncoderServiceStub
from triptych.runtime.channels import open_channel
from triptych.runtime.errors import from_status
from triptych.runtime.serve import serving
from triptych.v1.types_pb2 import Media
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import Reason

LATER = Timestamp(seconds=4_000_000_000)


def picture(level):
    """A PPM is no format that is taken; a GIF of one pixel is, in three dozen bytes."""
    return b"GIF89a\1\0\1\0\x80\0\0" + bytes([level] * 3) + b"\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"


class Inline:
    """Decodes at once."""

    async def decode(self, data, facts, focus):
        return PillowDecoder(100).decode(data, facts, focus)


@pytest.fixture
async def stub(tmp_path):
    threads = ThreadPoolExecutor(2)
    store = MediaFolder(tmp_path / "media", 10_000, threads)
    nothing_allowed = AllowedUris(AllowList(()), None, None)
    images = MediaPreparer(Inline(), nothing_allowed, store, 1000)
    vectors = SharedVectors(VectorMemory(0), lambda source, count: None)
    encoder = PartsEncoder({Modality.IMAGE: Lane(InMemoryImageEncoder(), images, vectors)}, 100)
    await encoder.warm_up()
    settings = EncoderSettings(port=0, metrics_port=0, drain_ms=0)
    async with (
        serving(room_of(encoder, None, None, None, store), settings) as running,
        open_channel(running.address) as channel,
    ):
        yield EncoderServiceStub(channel)
    threads.shutdown()


async def encode(stub, *parts, keep_media=False):
    return (await stub.Encode(EncodeRequest(parts=parts, keep_media=keep_media))).parts


async def kept(stub, **more):
    return [*(await stub.ListMedia(ListMediaRequest(**more))).content_ids]


async def test_a_kept_picture_has_the_vector_that_it_had(stub):
    """Encoded again by its id, it is the same picture."""
    (first,) = await encode(stub, EncodePart(image=Media(data=picture(7))), keep_media=True)
    (again,) = await encode(stub, EncodePart(image_content_id=first.content_id))

    assert content_id(picture(7)) == first.content_id
    assert first.vector == again.vector
    assert "" == again.content_id


async def test_what_a_query_shows_is_not_kept(stub):
    """Nothing is kept unless it is asked for."""
    (part,) = await encode(stub, EncodePart(image=Media(data=picture(7))))

    assert ("", []) == (part.content_id, await kept(stub))


async def test_listing_and_removing(stub):
    """Page by page all are listed; what is removed cannot be read any more, and is missing nobody."""
    await encode(stub, *(EncodePart(image=Media(data=picture(each))) for each in range(5)), keep_media=True)

    first = await stub.ListMedia(ListMediaRequest(page_size=3))
    rest = await kept(stub, page_size=3, page_token=first.next_page_token)
    ids = sorted(content_id(picture(each)) for each in range(5))
    assert (ids[:3], ids[3:]) == ([*first.content_ids], rest)

    removed = await stub.RemoveMedia(RemoveMediaRequest(content_ids=ids[:2] * 2, kept_before=LATER))
    assert 2 == removed.removed
    assert ids[2:] == await kept(stub)
    (part,) = await encode(stub, EncodePart(image_content_id=ids[0]))
    error = from_status(part.error)
    assert (Reason.MEDIA_NOT_KEPT, "image.content_id") == (error.reason, error.field)


async def test_what_was_kept_since_stays(stub):
    """A sweep removes nothing that a write may be about to name."""
    await encode(stub, EncodePart(image=Media(data=picture(7))), keep_media=True)
    ids, before = [content_id(picture(7))], Timestamp(seconds=1)

    assert [] == await kept(stub, kept_before=before)
    assert 0 == (await stub.RemoveMedia(RemoveMediaRequest(content_ids=ids, kept_before=before))).removed
    assert ids == await kept(stub, kept_before=LATER)


async def test_what_is_confirmed_counts_as_kept_anew(stub):
    """It is no longer from before, and what is not there is told."""
    await encode(stub, EncodePart(image=Media(data=picture(7))), keep_media=True)
    kept_id, other = content_id(picture(7)), content_id(b"never kept")
    await asyncio.sleep(0.01)
    between = Timestamp()
    between.FromMicroseconds(round(time.time() * 1e6))
    assert [kept_id] == await kept(stub, kept_before=between)

    response = await stub.ConfirmMedia(ConfirmMediaRequest(content_ids=[kept_id, other]))

    assert [other] == [*response.missing_ids]
    assert [] == await kept(stub, kept_before=between)
    assert [kept_id] == await kept(stub)


@pytest.mark.parametrize(
    "request_of",
    [
        lambda: RemoveMediaRequest(content_ids=["sha256:../../etc/passwd"], kept_before=LATER),
        lambda: RemoveMediaRequest(content_ids=["sha256:" + "0" * 64]),
        lambda: RemoveMediaRequest(kept_before=LATER),
    ],
)
async def test_removals_that_break_a_rule(stub, request_of):
    """A name that is no content id leads nowhere, and a removal without a time is none."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stub.RemoveMedia(request_of())

    assert grpc.StatusCode.INVALID_ARGUMENT == raised.value.code()


@pytest.mark.parametrize(
    "part", [{"image_content_id": "sha256:../x"}, {"image": Media(uri=content_id(picture(7)))}]
)
async def test_no_other_way_to_a_kept_picture(stub, part):
    """A name that is no id is refused; an address never means a kept picture."""
    (outcome,) = await encode(stub, EncodePart(**part))

    assert from_status(outcome.error).reason in {Reason.FIELD_INVALID, Reason.URI_NOT_ALLOWED}


@pytest.mark.parametrize(
    ("source", "reason"),
    [(Media(data=b""), Reason.MEDIA_EMPTY), (Media(), Reason.FIELD_INVALID)],
)
async def test_a_medium_without_any_source_is_refused_alone(stub, source, reason):
    """Such is that of a product whose picture was neither kept nor has an address; the others are encoded."""
    good, bad = await encode(stub, EncodePart(image=Media(data=picture(7))), EncodePart(image=source))

    assert good.HasField("vector")
    assert reason == from_status(bad.error).reason
