"""Media from a web server: a real one on this machine, with every bad habit."""

import asyncio
import socket

import pytest

from services.encoder.adapters.web import REDIRECTS_MAX
from triptych.vocabulary.errors import DeadlineExceeded, InvalidArgument, Reason, Unavailable

PUBLIC = "93.184.215.14"
BYTES_MAX = 1000
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


async def endlessly(first, piece, pause_s=0.0):
    yield first
    while True:
        yield piece
        await asyncio.sleep(pause_s)


async def silently():
    await asyncio.sleep(30)
    yield b""


async def test_fetches(fetch_of, server, answer):
    """The body arrives; the server was asked by the name in the address, and for nothing packed."""
    server.answers["/a.jpg?size=2"] = answer(b"picture")

    assert b"picture" == await fetch_of()("/a.jpg?size=2")
    assert "host: shop.example" in server.requests[0].lower()
    assert "accept-encoding: identity" in server.requests[0].lower()


async def test_the_type_that_a_server_names_says_nothing(fetch_of, server, answer):
    """Servers lie: what the bytes are is for the decoder to see."""
    server.answers["/a"] = answer(b"picture", headers=["Content-Type: text/html"])
    server.answers["/b"] = answer(b"<html>", headers=["Content-Type: image/png"])
    fetch = fetch_of()

    assert [b"picture", b"<html>"] == [await fetch("/a"), await fetch("/b")]


@pytest.mark.parametrize("status", ["404 No", "403 No", "410 Gone", "204 None", "206 Partial", "304 Same"])
async def test_only_200_counts(fetch_of, server, answer, refused, status):
    """No error page is taken for a picture, and none asked for twice."""
    server.answers["/a"] = answer(b"", status)

    assert Reason.URI_UNREADABLE == await refused(fetch_of()("/a"), InvalidArgument)
    assert 1 == len(server.requests)


async def test_the_limit_is_exact(fetch_of, server, answer, refused):
    """As many bytes as allowed arrive; one more is refused."""
    server.answers["/most"] = answer(b"x" * BYTES_MAX)
    server.answers["/more"] = answer(b"x" * (BYTES_MAX + 1))
    fetch = fetch_of()

    assert BYTES_MAX == len(await fetch("/most"))
    assert Reason.MEDIA_TOO_LARGE == await refused(fetch("/more"), InvalidArgument)


async def test_an_endless_body_is_cut(fetch_of, server, refused):
    """A body that names no length is read up to the limit only."""
    server.answers["/endless"] = lambda: endlessly(CHUNKED, b"100\r\n" + b"x" * 256 + b"\r\n")

    assert Reason.MEDIA_TOO_LARGE == await refused(fetch_of()("/endless"), InvalidArgument)


async def test_endless_headers_are_cut(fetch_of, server, refused):
    """Nor is the head of an answer read without bound."""
    server.answers["/head"] = lambda: endlessly(b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 10_000 + b"\r\n")

    assert Reason.URI_UNAVAILABLE == await refused(fetch_of(attempts_max=1)("/head"), Unavailable)


@pytest.mark.parametrize("packing", ["gzip", "br", "deflate", "identity, gzip"])
async def test_a_packed_body_is_refused(fetch_of, server, answer, refused, packing):
    """Nothing is unpacked: a small body could hide a huge one."""
    server.answers["/packed"] = answer(b"\x1f\x8b", headers=[f"Content-Encoding: {packing}"])

    assert Reason.URI_UNREADABLE == await refused(fetch_of()("/packed"), InvalidArgument)


@pytest.mark.parametrize(
    "raw", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"]
)
async def test_a_server_that_breaks_off(fetch_of, server, refused, raw):
    """Half an answer is none; it is asked for again, but not for ever."""
    server.answers["/broken"] = [raw]

    assert Reason.URI_UNAVAILABLE == await refused(fetch_of(attempts_max=3)("/broken"), Unavailable)
    assert 3 == len(server.requests)


@pytest.mark.parametrize("status", ["429 Slower", "500 No", "502 No", "503 Busy", "504 No"])
async def test_a_busy_server_is_asked_again(fetch_of, server, answer, status):
    """What passes is met again by a second try."""
    tries = iter([answer(b"", status), [b""], answer(b"picture")])
    server.answers["/a"] = lambda: next(tries)

    assert b"picture" == await fetch_of(attempts_max=3)("/a")


async def test_a_silent_server_is_given_up(fetch_of, server, refused):
    """No longer than allowed is an answer waited for; it may be there later."""
    server.answers["/silent"] = silently

    async with asyncio.timeout(5):
        assert Reason.URI_UNAVAILABLE == await refused(fetch_of(read_s=0.2)("/silent"), Unavailable)
    assert 1 == len(server.requests)


@pytest.mark.parametrize("times", [{"fetch_s": 0.4}, {"waiting_s": lambda: 0.4}])
async def test_a_trickle_is_given_up(fetch_of, server, refused, times):
    """A byte now and then keeps no connection open: the whole has a time too, and the request has one."""
    server.answers["/trickle"] = lambda: endlessly(CHUNKED, b"1\r\nx\r\n", pause_s=0.02)

    async with asyncio.timeout(5):
        assert Reason.URI_UNAVAILABLE == await refused(fetch_of(read_s=0.3, **times)("/trickle"), Unavailable)


async def test_a_silent_host_delays_nobody(uris_of, server, answer):
    """All pictures of another host are there before the first of the silent one is given up, and all its end at once."""
    server.answers |= {f"/quick/{at}": answer(b"picture") for at in range(40)}
    server.answers |= {f"/silent/{at}": silently for at in range(40)}
    uris = uris_of(allow=["http://quick.example", "http://silent.example"], read_s=1.5, fetches_max=16)
    ended = []

    async def fetch(host, at):
        try:
            await uris.fetch(f"http://{host}.example/{host}/{at}", BYTES_MAX)
            ended.append(host)
        except Unavailable as error:
            ended.append(error.reason)

    async with asyncio.timeout(5):
        await asyncio.gather(*(fetch(host, at) for at in range(40) for host in ("silent", "quick")))

    assert ["quick"] * 40 + [Reason.URI_UNAVAILABLE] * 40 == ended
    assert 8 == sum("/silent/" in request for request in server.requests)


async def test_one_file_that_never_comes_makes_no_host_silent(fetch_of, server, answer, refused):
    """A host that answers for others is asked on."""
    server.answers["/silent"] = silently
    server.answers["/a"] = answer(b"picture")
    fetch = fetch_of(read_s=1.0)

    failing = asyncio.create_task(refused(fetch("/silent"), Unavailable))
    await asyncio.sleep(0.1)
    await fetch("/a")
    await failing

    assert b"picture" == await fetch("/a")


async def test_only_so_many_at_once_of_a_host(fetch_of, server, answer):
    """The others wait for their turn, and have it."""

    async def slowly():
        await asyncio.sleep(0.01)
        for piece in answer(b"picture", headers=["Connection: close"]):
            yield piece

    server.answers["/a"] = slowly
    fetch = fetch_of(fetches_per_host_max=3)

    assert [b"picture"] * 20 == await asyncio.gather(*(fetch("/a") for _ in range(20)))
    assert 3 == server.at_once_max


async def test_no_time_left(fetch_of, server):
    """A request whose deadline has passed fetches nothing."""

    def over():
        raise DeadlineExceeded

    with pytest.raises(DeadlineExceeded):
        await fetch_of(waiting_s=over)("/a")
    assert 0 == server.connections


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (OSError("no such host"), InvalidArgument, Reason.URI_UNREADABLE),
        (socket.gaierror(socket.EAI_NONAME, "no"), InvalidArgument, Reason.URI_UNREADABLE),
        (socket.gaierror(socket.EAI_AGAIN, "later"), Unavailable, Reason.URI_UNAVAILABLE),
    ],
)
async def test_a_name_without_address(fetch_of, refused, error, kind, reason):
    """A host that does not exist cannot be read; one whose name servers are away may be later."""

    async def resolve(host, port):
        raise error

    assert reason == await refused(fetch_of(resolve=resolve, attempts_max=2)("/a"), kind)


async def test_a_name_that_is_never_found(fetch_of, refused):
    """A look-up has a time too."""

    async def resolve(host, port):
        await asyncio.sleep(30)

    async with asyncio.timeout(5):
        assert Reason.URI_UNAVAILABLE == await refused(
            fetch_of(resolve=resolve, connect_s=0.2)("/a"), Unavailable
        )


async def test_nobody_listens(fetch_of, network, free_port, refused):
    """A connection that is refused is tried again, then given up."""
    network.port = free_port

    assert Reason.URI_UNAVAILABLE == await refused(fetch_of(attempts_max=2)("/a"), Unavailable)
    assert [(PUBLIC, 80)] * 2 == network.connected


async def test_what_was_fetched_a_moment_ago(fetch_of, server, answer):
    """Is not fetched again, unless its server says that it may change at any time."""
    server.answers["/a"] = answer(b"picture")
    server.answers["/b"] = answer(b"picture", headers=["Cache-Control: max-age=60, no-cache"])
    fetch = fetch_of(recent_s=60.0)

    for path in ("/a", "/b"):
        assert [b"picture"] * 2 == [await fetch(path), await fetch(path)]

    assert ["/a", "/b", "/b"] == [request.split()[1] for request in server.requests]


async def test_an_address_leads_elsewhere(fetch_of, server, answer):
    """A few redirects to what is allowed are followed, relative ones too."""
    server.answers["/a"] = answer(b"", "302 Found", ["Location: b"])
    server.answers["/b"] = answer(b"", "308 Moved", ["Location: http://shop.example/c#x"])
    server.answers["/c"] = answer(b"picture")

    assert b"picture" == await fetch_of()("/a")


async def test_a_circle_ends(fetch_of, server, answer, refused):
    """Not more redirects than allowed are followed."""
    server.answers["/a"] = answer(b"", "302 Found", ["Location: /a"])

    assert Reason.URI_UNREADABLE == await refused(fetch_of()("/a"), InvalidArgument)
    assert 1 + REDIRECTS_MAX == len(server.requests)


async def test_a_fetch_that_is_cancelled_costs_no_connection(fetch_of, server, answer):
    """At whatever moment: otherwise the last connection would be lost some day, and nothing fetched any more."""
    server.answers["/a"] = answer(b"picture")
    fetch = fetch_of(fetches_max=1)

    for steps in range(100):
        fetching = [asyncio.create_task(fetch("/a")) for _ in range(2)]
        for _ in range(steps):
            await asyncio.sleep(0)
        for task in fetching:
            task.cancel()
        await asyncio.wait(fetching)

    async with asyncio.timeout(5):
        assert b"picture" == await fetch("/a")


@pytest.mark.parametrize("path", ["/a;v=1.jpg", "/a;v=1.jpg?size=2", "/x;y/a.jpg", "/a.jpg;"])
async def test_the_path_that_was_judged_is_the_one_that_is_asked_for(fetch_of, server, answer, path):
    """Nothing of it is lost on the way, as what follows a semicolon was."""
    server.answers[path] = answer(b"picture")

    assert b"picture" == await fetch_of()(path)
