"""A web server on this machine with every bad habit, and a network in which it has public addresses."""

import asyncio
from contextlib import AsyncExitStack

import httpcore2
import pytest

from services.encoder.adapters.connections import CheckedBackend
from services.encoder.adapters.recent import RecentFiles
from services.encoder.adapters.uris import AllowedUris, AllowList
from services.encoder.adapters.web import Web, WebLimits

PUBLIC = "93.184.215.14"
BYTES_MAX = 1000


class Server:
    """Answers each path with raw bytes, or with a function's; counts connections and keeps the requests."""

    def __init__(self):
        self.answers = {}
        self.requests = []
        self.connections = 0
        self.at_once = self.at_once_max = 0

    async def __call__(self, reader, writer):
        self.connections += 1
        self.at_once += 1
        self.at_once_max = max(self.at_once_max, self.at_once)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(head)
            answer = self.answers[head.split()[1]]
            async for piece in pieces_of(answer() if callable(answer) else answer):
                writer.write(piece)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.at_once -= 1
            writer.close()


async def pieces_of(answer):
    if hasattr(answer, "__aiter__"):
        async for piece in answer:
            yield piece
        return
    for piece in answer:
        yield piece


class Network(httpcore2.AsyncNetworkBackend):
    """Leads every connection to the server, wherever it goes, and keeps where it went."""

    def __init__(self, port):
        self.port = port
        self.connected = []
        self.backend = httpcore2.AnyIOBackend()

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.connected.append((host, port))
        return await self.backend.connect_tcp("127.0.0.1", self.port, timeout)

    async def sleep(self, seconds):
        await self.backend.sleep(seconds)


@pytest.fixture
async def server():
    server = Server()
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    yield server
    listening.close()


@pytest.fixture
def network(server):
    return Network(server.port)


@pytest.fixture
async def uris_of(network):
    """Return what makes `AllowedUris`: of http://shop.example, on a public address, unless told otherwise."""

    async def resolve(host, port):
        return [PUBLIC]

    async with AsyncExitStack() as stack:

        def make(
            *,
            allow=("http://shop.example",),
            resolve=resolve,
            private_allowed=False,
            waiting_s=lambda: 5.0,
            recent_s=0.0,
            **limits,
        ):
            allowed = AllowList(allow)
            web = Web(
                CheckedBackend(resolve, private_allowed=private_allowed, network=network),
                allowed=allowed.web_address,
                waiting_s=waiting_s,
                limits=WebLimits(**limits),
                recent=RecentFiles(recent_s, 100_000),
            )
            stack.push_async_callback(web.close)
            return AllowedUris(allowed, files=None, web=web)

        yield make


@pytest.fixture
def fetch_of(uris_of):
    """Return what makes a function that fetches a path of http://shop.example."""

    def make(**options):
        uris = uris_of(**options)
        return lambda path: uris.fetch(f"http://shop.example{path}", BYTES_MAX)

    return make


@pytest.fixture
def answer():
    """Return a function that makes the answer of a server."""

    def make(body=b"", status="200 OK", headers=()):
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        return ["\r\n".join(lines).encode(), body]

    return make


@pytest.fixture
def refused():
    """Return a function that expects a fetch to fail, and returns the reason."""

    async def expect(fetching, kind):
        with pytest.raises(kind) as error:
            await fetching
        assert "example" not in error.value.message
        return error.value.reason

    return expect
