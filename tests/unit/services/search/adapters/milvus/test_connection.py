"""The channel to Milvus, against servers that answer, stay silent, or are not there."""

import asyncio
import base64
import time

import grpc
import pytest
from pymilvus.grpc_gen.milvus_pb2 import GetVersionRequest, GetVersionResponse
from pymilvus.grpc_gen.milvus_pb2_grpc import MilvusServiceServicer, add_MilvusServiceServicer_to_server

from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.errors import map_milvus_errors
from tests.certificates import Authority
from triptych.local.ports import free_port
from triptych.runtime import context
from triptych.runtime.security.doors import bind
from triptych.runtime.security.tls import PLAIN
from triptych.vocabulary.errors import DeadlineExceeded, Unavailable


class Listening(MilvusServiceServicer):
    """Notes the metadata of calls, and answers after a while."""

    def __init__(self):
        self.metadata = {}
        self.delay_s = 0

    async def GetVersion(self, request, context):
        await asyncio.sleep(self.delay_s)
        self.metadata = dict(context.invocation_metadata())
        return GetVersionResponse(version="1")


@pytest.fixture
async def start_milvus():
    servers = []

    async def start(port, tls=PLAIN):
        servicer, server = Listening(), grpc.aio.server()
        add_MilvusServiceServicer_to_server(servicer, server)
        bind(server, "127.0.0.1", port, tls)
        await server.start()
        servers.append(server)
        return servicer

    yield start
    for server in servers:
        await server.stop(None)


async def ping(connection, timeout_s=2.0):
    with context.request("id", timeout_s), map_milvus_errors():
        await connection.call("GetVersion", GetVersionRequest())


async def test_token_and_database_travel_with_every_call(start_milvus):
    """Milvus reads them from the metadata, the token in base64."""
    port = free_port()
    milvus = await start_milvus(port)
    connection = MilvusConnection(f"http://127.0.0.1:{port}", token="root:secret", database="shop")

    await ping(connection)

    assert b"root:secret" == base64.b64decode(milvus.metadata["authorization"])
    assert "shop" == milvus.metadata["dbname"]
    await connection.close()


async def test_a_milvus_that_is_not_there_is_unavailable_at_once_and_used_when_it_comes(start_milvus):
    """No waiting for the deadline, and no restart when it is back."""
    port = free_port()
    connection = MilvusConnection(f"http://127.0.0.1:{port}")
    started = time.monotonic()
    with pytest.raises(Unavailable):
        await ping(connection, timeout_s=30)
    assert time.monotonic() - started < 5

    await start_milvus(port)
    async with asyncio.timeout(10):
        while True:
            try:
                await ping(connection)
                break
            except Unavailable:
                await asyncio.sleep(0.1)
    await connection.close()


async def test_a_milvus_that_never_answers_ends_with_the_deadline(start_milvus):
    """A call takes no longer than its request may."""
    port = free_port()
    milvus = await start_milvus(port)
    milvus.delay_s = 30
    connection = MilvusConnection(f"http://127.0.0.1:{port}")
    started = time.monotonic()

    with pytest.raises(DeadlineExceeded):
        await ping(connection, timeout_s=0.5)

    assert time.monotonic() - started < 5
    await connection.close()


async def test_https_is_spoken_with_the_files_that_are_named(start_milvus, tmp_path):
    """Milvus shows a certificate of our CA and is shown one; a Milvus of another CA is not spoken to."""
    ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    port = free_port()
    await start_milvus(port, ours.issue("127.0.0.1"))

    async def pinged(tls):
        connection = MilvusConnection(f"https://127.0.0.1:{port}", tls=tls)
        try:
            await ping(connection)
        finally:
            await connection.close()

    await pinged(ours.issue("search"))
    with pytest.raises(Unavailable):
        await pinged(theirs.issue("search"))
    with pytest.raises(Unavailable):
        await pinged(PLAIN)  # the system trusts no CA of ours
