"""Media from a web server: a real one on this machine, with every bad habit."""

import asyncio

import pytest

from services.encoder.adapters.uris import AllowedUris
from services.encoder.adapters.web import CheckedBackend, Web
from triptych.vocabulary.errors import DeadlineExceeded, InvalidArgument, Reason

BYTES_MAX = 1000


class Server:
    """Answers each path with raw bytes; counts its connections and keeps the requests."""

    def __init__(self):
        self.answers = {}
        self.requests = []
        self.connections = 0

    async def __call__(self, reader, writer):
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(head)
            for piece in self.answers[head.split()[1]]:
                writer.write(piece)
                await writer.drain()
            if head.split()[1] == "/slow":
                await asyncio.sleep(30)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def server():
    server = Server()
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server


@pytest.fixture
async def web_of(server):
    """Return what makes a fetch function with the options given; names resolve to this machine."""
    opened = []

    async def resolve(host, port):
        return ["127.0.0.1"]

    def make(*, private_allowed=True, timeout_s=5.0, remaining_s=lambda: 10.0, resolve=resolve):
        backend = CheckedBackend(resolve, private_allowed=private_allowed)
        web = Web(backend, timeout_s=timeout_s, remaining_s=remaining_s, fetches_max=4)
        opened.append(web)
        uris = AllowedUris([f"http://shop.example:{server.port}"], files=None, web=web)
        return lambda path: uris.fetch(f"http://shop.example:{server.port}{path}", BYTES_MAX)

    yield make
    for web in opened:
        await web.close()


async def refused(fetch, path):
    with pytest.raises(InvalidArgument) as error:
        await fetch(path)
    assert "shop" not in error.value.message
    return error.value.reason


def answer(body=b"", status="200 OK", headers=()):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return ["\r\n".join(lines).encode(), body]


async def test_fetches(web_of, server):
    """The body arrives; the server was asked by the name in the address, and for nothing packed."""
    server.answers["/a.jpg?size=2"] = answer(b"picture")

    assert b"picture" == await web_of()("/a.jpg?size=2")
    assert f"host: shop.example:{server.port}" in server.requests[0].lower()
    assert "accept-encoding: identity" in server.requests[0].lower()


async def test_a_private_address_is_refused_before_anything_is_sent(web_of, server):
    """A name that means this machine is not connected to."""
    assert Reason.URI_NOT_ALLOWED == await refused(web_of(private_allowed=False), "/a")
    assert 0 == server.connections


async def test_the_address_that_was_checked_is_the_one_that_is_used(web_of, server):
    """A name is looked up once for a connection: it cannot mean something else a moment later."""
    server.answers["/a"] = answer(b"picture")
    asked = []

    async def resolve(host, port):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    await web_of(resolve=resolve)("/a")

    assert ["shop.example"] == asked


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "307 Temporary Redirect", "404 No", "500 No", "204 None"]
)
async def test_only_200_counts(web_of, server, status):
    """No redirect is followed, and no error page taken for a picture."""
    server.answers["/a"] = answer(b"page", status, [f"Location: http://shop.example:{server.port}/b"])
    server.answers["/b"] = answer(b"picture")

    assert Reason.URI_UNREADABLE == await refused(web_of(), "/a")
    assert 1 == len(server.requests)


async def test_the_limit_is_exact(web_of, server):
    """As many bytes as allowed arrive; one more is refused."""
    server.answers["/most"] = answer(b"x" * BYTES_MAX)
    server.answers["/more"] = answer(b"x" * (BYTES_MAX + 1))
    fetch = web_of()

    assert BYTES_MAX == len(await fetch("/most"))
    assert Reason.MEDIA_TOO_LARGE == await refused(fetch, "/more")


async def test_an_endless_body_is_cut(web_of, server):
    """A body that names no length is read up to the limit only."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.answers["/endless"] = [head, *[b"100\r\n" + b"x" * 256 + b"\r\n"] * 10_000]

    assert Reason.MEDIA_TOO_LARGE == await refused(web_of(), "/endless")


async def test_a_packed_body_is_refused(web_of, server):
    """Nothing is unpacked: a small body could hide a huge one."""
    server.answers["/packed"] = answer(b"\x1f\x8b", headers=["Content-Encoding: gzip"])

    assert Reason.URI_UNREADABLE == await refused(web_of(), "/packed")


@pytest.mark.parametrize(
    "raw", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"]
)
async def test_a_server_that_breaks_off(web_of, server, raw):
    """Half an answer is none."""
    server.answers["/broken"] = [raw]

    assert Reason.URI_UNREADABLE == await refused(web_of(), "/broken")


@pytest.mark.parametrize("times", [{"timeout_s": 0.2}, {"remaining_s": lambda: 0.2}])
async def test_a_slow_server_is_given_up(web_of, server, times):
    """Neither the setting's time nor the request's is exceeded."""
    server.answers["/slow"] = [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"]

    async with asyncio.timeout(3):
        assert Reason.URI_UNREADABLE == await refused(web_of(**times), "/slow")


async def test_no_time_left(web_of, server):
    """A request whose deadline has passed fetches nothing."""

    def over():
        raise DeadlineExceeded

    with pytest.raises(DeadlineExceeded):
        await web_of(remaining_s=over)("/a")
    assert 0 == server.connections


async def test_a_name_without_address(web_of):
    """A host that does not exist cannot be read."""

    async def resolve(host, port):
        raise OSError("no such host")

    assert Reason.URI_UNREADABLE == await refused(web_of(resolve=resolve), "/a")


async def test_nobody_listens(web_of, server, free_port):
    """A refused connection cannot be read."""
    fetch = web_of()
    server.answers["/a"] = answer(b"x")
    assert await fetch("/a")

    web = Web(
        CheckedBackend(lambda host, port: asyncio.sleep(0, ["127.0.0.1"]), private_allowed=True),
        timeout_s=2,
        remaining_s=lambda: 2,
        fetches_max=1,
    )
    uris = AllowedUris([f"http://shop.example:{free_port}"], files=None, web=web)
    with pytest.raises(InvalidArgument) as error:
        await uris.fetch(f"http://shop.example:{free_port}/a", BYTES_MAX)
    assert Reason.URI_UNREADABLE == error.value.reason
    await web.close()
