"""Which addresses fall under what the operator allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.encoder.adapters.uris import Address, AllowedUris, AllowList, prefix_of
from triptych.vocabulary.errors import InvalidArgument, Reason

ALLOW = ("file:///data/media/", "https://img.shop.example", "http://cdn.example:8080/pictures/")


class Source:
    """Answers with its own name."""

    def __init__(self, name):
        self.name = name

    async def read(self, uri, address, bytes_max):
        return self.name


async def fetch(uri, allow=ALLOW):
    return await AllowedUris(AllowList(allow), Source(b"files"), Source(b"web")).fetch(uri, 10)


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("file:///data/media/a.jpg", b"files"),
        ("file://localhost/data/media/a.jpg", b"files"),
        ("file:///data/media/%E9%9E%8B.jpg", b"files"),
        ("https://img.shop.example/a.jpg", b"web"),
        ("https://IMG.shop.example./a.jpg?size=2", b"web"),
        ("https://img.shop.example:443/a.jpg", b"web"),
        ("http://cdn.example:8080/pictures/a/b.jpg", b"web"),
        ("http://cdn.example:8080/pictures/a;v=1/b..jpg", b"web"),
    ],
)
async def test_allowed(uri, source):
    """An address under a prefix is read from the right source."""
    assert source == await fetch(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "a.jpg",
        "data/media/a.jpg",
        "/data/media/a.jpg",
        "file:a.jpg",
        "file:data/media/a.jpg",
        "file:///data/media",
        "file:///data/mediate/a.jpg",
        "file:///etc/passwd",
        "file://server/data/media/a.jpg",
        "file:///data/media/a.jpg%00.png",
        "file:///data/media/a.jpg?x",
        "file:///data/media/a.jpg#x",
        "file:///data/media/%ff",
        "file:///data/media/..\\x",
        "file:///data/media/a b",
        "file:///data/media/\n/etc",
        "file:///data/media/鞋.jpg",
        "https://img.shop.example.evil.example/a.jpg",
        "https://img.shop.example@evil.example/a.jpg",
        "https://user:secret@img.shop.example/a.jpg",
        "https://img.shop.example:444/a.jpg",
        "https://img.shop.example:99999/a.jpg",
        "https://img.shop.example\\@evil.example/",
        "https://[::1/a.jpg",
        "https:///a.jpg",
        "http://img.shop.example/a.jpg",
        "http://cdn.example/pictures/a.jpg",
        "http://cdn.example:8080/other/a.jpg",
        "http://cdn.example:8080/pictures",
        "http://cdn.example:8080/pictures/../secret",
        "http://cdn.example:8080/pictures/%2e%2e/secret",
        "http://cdn.example:8080/pictures/%252e%252e%252fsecret",
        "http://cdn.example:8080/pictures/..%5csecret",
        "http://cdn.example:8080/pictures/..;",
        "http://cdn.example:8080/pictures/..;x=1/secret",
        "http://cdn.example:8080/pictures/..%3b/secret",
        f"sha256:{'0' * 64}",
        "ftp://img.shop.example/a.jpg",
        "gopher://img.shop.example/",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
    ],
)
async def test_not_allowed(uri):
    """Everything else is refused, whatever it looks like, with nothing of it in the message."""
    with pytest.raises(InvalidArgument) as error:
        await fetch(uri)

    assert Reason.URI_NOT_ALLOWED == error.value.reason
    assert len(uri) < 2 or uri not in error.value.message


@pytest.mark.parametrize("uri", ["file:///data/media/a.jpg", "https://img.shop.example/a.jpg"])
async def test_nothing_is_allowed_by_default(uri):
    """Without a list there are no URIs."""
    with pytest.raises(InvalidArgument) as error:
        await fetch(uri, allow=())

    assert Reason.URI_NOT_ALLOWED == error.value.reason


@given(st.text(max_size=60) | st.text(max_size=40).map("file:///data/media/".__add__))
async def test_any_text(uri):
    """No text makes the check fail with anything but its refusal."""
    try:
        source = await fetch(uri)
    except InvalidArgument:
        return
    assert source in {b"files", b"web"}


@pytest.mark.parametrize("prefix", ["", "media/", "/data/media", "file:media", "s3://bucket/", "https://"])
def test_a_prefix_that_is_none_stops_the_service(prefix):
    """A mistake in the setting is loud, and does not allow less or more than was meant."""
    with pytest.raises(ValueError, match="uri_allow"):
        AllowList([prefix])


def test_a_prefix_is_a_folder():
    """With or without its last slash a prefix means the same folder."""
    below = Address("https", "h", 443, "/a/b")

    assert [True, True, False] == [
        prefix_of(prefix).covers(below) for prefix in ("https://h/a", "https://h/a/", "https://h/a/b")
    ]
