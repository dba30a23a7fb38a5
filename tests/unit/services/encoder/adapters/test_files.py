"""Media in allowed folders, and every way out of them."""

import os

import pytest

from services.encoder.adapters.files import Files
from services.encoder.adapters.uris import AllowedUris, AllowList
from triptych.vocabulary.errors import InvalidArgument, Reason

SECRET = b"the secret"


@pytest.fixture
def media(tmp_path):
    """An allowed folder with a picture, beside a secret that no address may reach."""
    (tmp_path / "secret").write_bytes(SECRET)
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "a b.jpg").write_bytes(b"picture")
    return folder


@pytest.fixture
def fetch(media):
    allow = [media.as_uri()]
    uris = AllowedUris(AllowList(allow), Files(allow), web=None)
    return lambda uri, bytes_max=100: uris.fetch(uri, bytes_max)


async def refused(fetch, uri, **limits):
    with pytest.raises(InvalidArgument) as error:
        await fetch(uri, **limits)
    assert "media" not in error.value.message
    return error.value.reason


async def test_reads(fetch, media):
    """A file in the folder is read, its name decoded."""
    assert b"picture" == await fetch((media / "a b.jpg").as_uri())


async def test_reads_through_a_link_inside(fetch, media):
    """A link that stays inside is followed."""
    (media / "link").symlink_to("a b.jpg")

    assert b"picture" == await fetch(f"{media.as_uri()}/link")


async def test_the_folder_itself_may_be_a_link(media, tmp_path):
    """What the operator allowed is the folder behind it."""
    (tmp_path / "current").symlink_to(media)
    allow = [(tmp_path / "current").as_uri()]

    uris = AllowedUris(AllowList(allow), Files(allow), web=None)
    assert b"picture" == await uris.fetch(f"{allow[0]}/a%20b.jpg", 100)


@pytest.mark.parametrize(
    "way", ["../secret", "%2e%2e/secret", "%252e%252e%252fsecret", "x/../../secret", ".//../secret"]
)
async def test_no_way_up(fetch, media, way):
    """Dots lead nowhere outside, however they are written."""
    assert Reason.URI_NOT_ALLOWED == await refused(fetch, f"{media.as_uri()}/{way}")


@pytest.mark.parametrize("to", ["../secret", "/etc/passwd", "..", "../missing"])
async def test_no_link_out(fetch, media, to):
    """A link that leads outside is refused alike, whether anything is there or not."""
    (media / "link").symlink_to(to)

    assert Reason.URI_NOT_ALLOWED == await refused(fetch, f"{media.as_uri()}/link")


async def test_no_link_through_a_folder(fetch, media, tmp_path):
    """Nor does a linked folder lead outside."""
    (media / "up").symlink_to(tmp_path)

    assert Reason.URI_NOT_ALLOWED == await refused(fetch, f"{media.as_uri()}/up/secret")


async def test_what_is_no_regular_file(fetch, media):
    """A folder, a pipe, a circle of links and nothing at all cannot be read, and none is waited for."""
    (media / "folder").mkdir()
    os.mkfifo(media / "pipe")
    (media / "circle").symlink_to("circle")

    for name in ("folder", "pipe", "circle", "missing", "a%20b.jpg/x", "n" * 300):
        assert Reason.URI_UNREADABLE == await refused(fetch, f"{media.as_uri()}/{name}"), name


async def test_the_limit_is_exact(fetch, media):
    """As many bytes as allowed are read, one more is refused unread."""
    uri = (media / "a b.jpg").as_uri()

    assert b"picture" == await fetch(uri, bytes_max=7)
    assert Reason.MEDIA_TOO_LARGE == await refused(fetch, uri, bytes_max=6)


async def test_a_huge_file_is_not_read(fetch, media):
    """A file of a terabyte (of which nothing is written) is refused by its size."""
    with (media / "huge").open("wb") as file:
        file.truncate(1 << 40)

    assert Reason.MEDIA_TOO_LARGE == await refused(fetch, f"{media.as_uri()}/huge")
