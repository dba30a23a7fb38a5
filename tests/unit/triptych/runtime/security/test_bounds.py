"""What a client may hold without being served."""

import asyncio
import contextlib
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from tests.knocking import REQUEST
from triptych.internal.v1 import ranker_service_pb2_grpc as pb_grpc
from triptych.runtime.channels import open_channel

CONNECTIONS = 10_000
MEBIBYTE = 1024 * 1024


async def test_a_header_of_a_mebibyte_is_refused(open_room):
    """Its call fails, and no other."""
    door = await open_room()
    async with open_channel(door.address) as channel:
        rank = pb_grpc.RankerServiceStub(channel).Rank
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await rank(REQUEST, metadata=(("x-large", "x" * MEBIBYTE),), timeout=10)

        assert grpc.StatusCode.RESOURCE_EXHAUSTED == caught.value.code()
        await rank(REQUEST, metadata=(("x-small", "x" * 8192),), timeout=10)


@pytest.mark.parametrize(("bound", "wanted"), [(4096, "RESOURCE_EXHAUSTED"), (65_536, "OK")])
async def test_the_bound_of_headers_is_that_of_the_settings(open_room, bound, wanted):
    """Whatever gRPC's own is, which refuses some headers between two bounds by chance."""
    door = await open_room(metadata_bytes_max=bound)

    answers = {await door.knock(metadata=(("x-large", "x" * 10_000),)) for _ in range(20)}

    assert {wanted} == answers


HOLD = """
import socket, sys
held = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(int(sys.argv[2]))]
print("held", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def many_idle_connections(address: str, number: int) -> Iterator[None]:
    """Hold *number* connections that say nothing, from a process of their own."""
    needed = number + 500
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip(f"{needed} open files are needed, {hard} allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    command = [sys.executable, "-c", HOLD, address.rpartition(":")[2], str(number)]
    try:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as clients:
            try:
                assert b"held\n" == clients.stdout.readline()
                yield
            finally:
                clients.kill()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_idle_connections_do_not_keep_others_out(open_room):
    """Whoever connects and says nothing takes no place of those who ask."""
    door = await open_room()
    with many_idle_connections(door.address, CONNECTIONS):
        assert "OK" == await door.knock()


async def test_connections_beyond_the_bound_are_closed(open_room):
    """Those that are open are served on."""
    door = await open_room(connections_max=20)
    async with open_channel(door.address) as channel:
        rank = pb_grpc.RankerServiceStub(channel).Rank
        await rank(REQUEST, timeout=5)
        with contextlib.ExitStack() as stack:
            host, _, port = door.address.rpartition(":")
            held = [stack.enter_context(socket.create_connection((host, int(port)))) for _ in range(60)]
            kept = [each for each in held if await first_words(each)]
            await rank(REQUEST, timeout=5)

    assert 19 == len(kept)


async def first_words(connection: socket.socket) -> bytes:
    """Return what a server says to whoever connects: its HTTP/2 settings; nothing when it closes."""
    connection.setblocking(False)
    try:
        return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(connection, 64), 5)
    except ConnectionResetError:
        return b""


async def test_reflection_can_be_switched_off(open_room):
    """Then the server describes nothing."""
    door = await open_room(reflection=False)
    async with open_channel(door.address) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            _ = [reply async for reply in stub.ServerReflectionInfo(iter([request]), timeout=5)]

    assert grpc.StatusCode.UNIMPLEMENTED == caught.value.code()
