"""Pictures and sounds on their way to the encoder."""

import asyncio

import pytest

from services.encoder.adapters.no_media import NoMedia
from services.encoder.core.files import AHEAD_PER_HOST
from services.encoder.core.media import MediaPreparer
from services.encoder.core.parts import Media, content_id
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import InvalidArgument, NotFound, Reason, ResourceExhausted, Unavailable
from triptych.vocabulary.media import WHOLE, Box, Focus

LEFT = Focus(covered=Box(0, 0, 0.5, 1))


class Fetcher:
    """Files by address; it keeps what it was asked for, and holds back what it is told to."""

    def __init__(self):
        self.asked, self.cancelled = [], []
        self.held, self.errors = {}, {}

    def hold(self, uri):
        self.held[uri] = asyncio.Event()
        return uri

    def let_go(self, uri):
        self.held[uri].set()

    async def fetch(self, uri, bytes_max):
        self.asked.append(uri)
        try:
            if uri in self.held:
                await self.held[uri].wait()
        except asyncio.CancelledError:
            self.cancelled.append(uri)
            raise
        if uri in self.errors:
            raise self.errors[uri]
        if uri == "missing":
            raise InvalidArgument("No.", reason=Reason.URI_UNREADABLE)
        return uri.encode()


class Decoder:
    """Returns what it was given; a region of "small" is refused."""

    async def decode(self, data, facts, focus=WHOLE):
        if data == b"small" and focus.region:
            raise InvalidArgument("Too small.", reason=Reason.REGION_INVALID, field="region")
        return data, focus


class Store:
    """Keeps contents in memory; *full* refuses more."""

    def __init__(self):
        self.contents, self.full = {}, False

    async def keep(self, contents):
        if self.full:
            raise ResourceExhausted("Full.", reason=Reason.STORAGE_FULL)
        self.contents |= contents
        return contents.keys()

    async def get(self, content_id):
        if content_id not in self.contents:
            raise NotFound("No.", reason=Reason.MEDIA_NOT_KEPT)
        return self.contents[content_id]


@pytest.fixture
def fetcher():
    return Fetcher()


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def preparer(fetcher, store):
    return MediaPreparer(Decoder(), fetcher, store, bytes_max=100)


async def load(preparer, parts, size=10):
    """The files of *parts* in their order."""
    got = dict([each async for batch in preparer.ready(parts, size) for each in batch])
    return [got[at] for at in range(len(parts))]


def image(uri, focus=WHOLE):
    return Media(Modality.IMAGE, uri=uri, focus=focus)


async def test_what_several_name_is_fetched_once(preparer, fetcher):
    """Each part has its own view of it."""
    files = await load(preparer, [image("a"), image("b"), image("a", LEFT)])

    assert [(b"a", WHOLE), (b"b", WHOLE), (b"a", LEFT)] == await preparer.decode(files, None)
    assert ["a", "b"] == sorted(fetcher.asked)


async def test_all_who_name_it_hear_that_it_is_missing(preparer, fetcher):
    """Each has an error of its own field, and the others are got."""
    first, other, second = await load(
        preparer, [image("missing"), image("a"), Media(Modality.AUDIO, uri="missing")]
    )

    assert ("image.uri", "audio.uri") == (first.field, second.field)
    assert b"a" == other.data
    assert ["a", "missing"] == sorted(fetcher.asked)


async def test_what_is_at_hand_does_not_wait(preparer, fetcher):
    """Files that were sent come first, then the others as they come, in batches of what there is."""
    slow, quick = fetcher.hold("https://slow.example/1"), [f"https://quick.example/{at}" for at in range(5)]
    parts = [image(slow), *map(image, quick), Media(Modality.IMAGE, b"sent")]

    batches = preparer.ready(parts, 4)
    first = [at for at, _ in await anext(batches)]
    rest = [at for at, _ in await anext(batches)] + [at for at, _ in await anext(batches)]
    fetcher.let_go(slow)
    last = [at for at, _ in await anext(batches)]

    assert ([6], [1, 2, 3, 4, 5], [0]) == (first, sorted(rest), last)
    assert [] == [each async for each in batches]


async def test_no_more_of_a_host_is_held_than_can_be_used(preparer, fetcher):
    """Of one host so many are fetched ahead; another host has its own share."""
    parts = [image(f"https://{host}.example/{at}") for host in "ab" for at in range(2 * AHEAD_PER_HOST)]

    batches = preparer.ready(parts, 8)
    taken = [at for at, _ in await anext(batches)]
    for _ in range(10):
        await asyncio.sleep(0)

    assert 2 * AHEAD_PER_HOST == len(fetcher.asked)
    async for batch in batches:
        taken += [at for at, _ in batch]
    assert [*range(len(parts))] == sorted(taken)
    assert len(parts) == len(fetcher.asked)


async def test_who_stops_asking_stops_the_fetches(preparer, fetcher):
    """A request that was cancelled leaves nothing running."""
    slow = fetcher.hold("https://slow.example/1")
    batches = preparer.ready([image("a"), image(slow)], 4)
    await anext(batches)

    await batches.aclose()

    assert [slow] == fetcher.cancelled


@pytest.mark.parametrize("error", [Unavailable, NotFound, InvalidArgument])
async def test_a_part_that_cannot_be_got_fails_alone(preparer, fetcher, error):
    """Whatever its host said."""
    fetcher.errors["https://x/1"] = error("No.", reason=Reason.URI_UNAVAILABLE)

    failed, other = await load(preparer, [image("https://x/1"), image("https://x/2")])

    assert (error, "image.uri") == (type(failed), failed.field)
    assert b"https://x/2" == other.data


async def test_a_region_is_to_blame_for_itself(preparer):
    """What is wrong with a region is not the file's fault."""
    part = Media(Modality.IMAGE, b"small", focus=Focus(region=Box(0, 0, 0.1, 0.1)))

    with pytest.raises(InvalidArgument) as raised:
        await preparer.prepare(part, None)

    assert (Reason.REGION_INVALID, "region") == (raised.value.reason, raised.value.field)


async def test_what_was_kept_is_read_again(preparer):
    """A content id stands for the file, wherever that came from."""
    files = await load(preparer, [Media(Modality.IMAGE, b"sent"), image("fetched")])
    ids = await preparer.keep(files)

    again = await load(preparer, [Media(Modality.IMAGE, kept=each) for each in ids])

    assert [b"sent", b"fetched"] == [file.data for file in again]
    assert ids == [content_id(file.data) for file in files]


async def test_what_is_not_kept_cannot_be_read(preparer):
    """The error names the field and is not one of the caller's request."""
    (error,) = await load(preparer, [Media(Modality.IMAGE, kept="sha256:0")])

    assert isinstance(error, NotFound)
    assert (Reason.MEDIA_NOT_KEPT, "image.content_id") == (error.reason, error.field)


async def test_what_there_is_no_room_for(preparer, store):
    """Each file that cannot be kept has an error with its field."""
    store.full = True
    files = await load(preparer, [Media(Modality.IMAGE, b"x"), Media(Modality.AUDIO, uri="a")])

    errors = await preparer.keep(files)

    assert [(Reason.STORAGE_FULL, "image.data"), (Reason.STORAGE_FULL, "audio.uri")] == [
        (error.reason, error.field) for error in errors
    ]


async def test_without_a_store_nothing_is_kept(fetcher):
    """The id is empty, which is no error."""
    preparer = MediaPreparer(Decoder(), fetcher, NoMedia(), bytes_max=100)

    assert [""] == await preparer.keep(await load(preparer, [Media(Modality.IMAGE, b"x")]))
