"""No way leads from an address that a client names to what is inside."""

import asyncio

import pytest

from services.encoder.adapters.hosts import Lookups, resolve
from triptych.vocabulary.errors import InvalidArgument, Reason

PUBLIC = "93.184.215.14"
BYTES_MAX = 1000
# Each of these means this machine, or the metadata of a cloud's, to some reader of addresses.
INNER = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://0/",
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/latest/meta-data/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[0:0:0:0:0:ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/",
]


@pytest.mark.parametrize("inner", INNER)
async def test_an_inner_address_is_refused_even_where_its_prefix_is_allowed(uris_of, network, refused, inner):
    """An operator who did not say that private hosts are meant gets none, however they are written."""
    uris = uris_of(allow=[inner], resolve=resolve)

    assert Reason.URI_NOT_ALLOWED == await refused(uris.fetch(f"{inner}a.jpg", BYTES_MAX), InvalidArgument)
    assert [] == network.connected


@pytest.mark.parametrize(
    "location",
    [
        *INNER,
        "//127.0.0.1/",
        "http://127.0.0.1:8101/metrics",
        "http://other.example/a.jpg",
        "http://shop.example:22/a.jpg",
        "https://shop.example/a.jpg",
        "http://user:secret@shop.example/a.jpg",
        "http://shop.example@127.0.0.1/a.jpg",
        "http://shop.example/../secret",
        "http://shop.example/%2e%2e/secret",
        "file:///etc/passwd",
        "file:///data/media/a.jpg",
        f"sha256:{'0' * 64}",
        "ftp://shop.example/a.jpg",
        "gopher://shop.example/_x",
        "data:image/png;base64,AAAA",
        "http://[::1",
        "http://\\127.0.0.1/",
        "/a b",
        "/\xe9",
    ],
)
async def test_no_redirect_leads_inside(uris_of, server, network, answer, refused, location):
    """Each hop is judged as if the client had named it; nothing is sent there."""
    uris = uris_of(allow=["http://shop.example/pictures", "file:///data/media"])
    server.answers["/pictures/a"] = [
        part.replace(b"LOCATION", location.encode("latin-1"))
        for part in answer(b"", "302 Found", ["Location: LOCATION"])
    ]

    fetching = uris.fetch("http://shop.example/pictures/a", BYTES_MAX)

    assert Reason.URI_NOT_ALLOWED == await refused(fetching, InvalidArgument)
    assert ([(PUBLIC, 80)], 1) == (network.connected, len(server.requests))


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], [PUBLIC, "127.0.0.1"], ["10.0.0.1", PUBLIC], [PUBLIC, "::ffff:127.0.0.1"]]
)
async def test_a_name_that_means_something_inside(fetch_of, network, refused, addresses):
    """One inner address among several is enough to refuse the host."""

    async def resolve(host, port):
        return addresses

    assert Reason.URI_NOT_ALLOWED == await refused(fetch_of(resolve=resolve)("/a"), InvalidArgument)
    assert [] == network.connected


async def test_a_redirect_to_an_allowed_name_that_means_something_inside(
    uris_of, server, network, answer, refused
):
    """The second host is looked up and checked as the first one was."""

    async def resolve(host, port):
        return [PUBLIC if host == "shop.example" else "169.254.169.254"]

    uris = uris_of(allow=["http://shop.example", "http://cdn.example"], resolve=resolve)
    server.answers["/a"] = answer(b"", "302 Found", ["Location: http://cdn.example/a"])

    fetching = uris.fetch("http://shop.example/a", BYTES_MAX)

    assert Reason.URI_NOT_ALLOWED == await refused(fetching, InvalidArgument)
    assert [(PUBLIC, 80)] == network.connected


async def test_a_name_that_changes_its_meaning(fetch_of, server, network, answer, refused):
    """The address that was checked is the one that is connected to; for the next connection it is checked anew."""
    meanings = iter([[PUBLIC], ["127.0.0.1"]])

    async def resolve(host, port):
        return next(meanings)

    server.answers["/a"] = answer(b"picture", headers=["Connection: close"])
    fetch = fetch_of(resolve=resolve)

    assert b"picture" == await fetch("/a")
    assert Reason.URI_NOT_ALLOWED == await refused(fetch("/a"), InvalidArgument)
    assert [(PUBLIC, 80)] == network.connected


async def test_a_private_host_can_be_allowed(uris_of, server, network, answer):
    """An operator whose pictures lie inside says so."""
    server.answers["/a"] = answer(b"picture")
    uris = uris_of(allow=["http://127.0.0.1"], resolve=resolve, private_allowed=True)

    assert b"picture" == await uris.fetch("http://127.0.0.1/a", BYTES_MAX)
    assert [("127.0.0.1", 80)] == network.connected


async def test_a_name_is_looked_up_once_at_a_time():
    """A name whose servers are silent takes one thread, whoever waits for it or gave up, and others are found."""
    asked, going = [], asyncio.Event()

    async def look_up(host, port):
        asked.append(host)
        if host == "silent.example":
            await going.wait()
        return [PUBLIC]

    lookups = Lookups(look_up)
    waiting = [asyncio.create_task(lookups("silent.example", 80)) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    assert [PUBLIC] == await lookups("quick.example", 80)

    going.set()
    assert [[PUBLIC]] * 4 == await asyncio.gather(*waiting[1:])
    assert ["silent.example", "quick.example"] == asked
    await lookups("silent.example", 80)
    assert 3 == len(asked)
