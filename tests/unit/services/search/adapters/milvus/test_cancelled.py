"""Work that nobody waits for ends in Milvus too."""

import asyncio

import grpc
import pytest
from pymilvus.grpc_gen.milvus_pb2 import GetVersionRequest

from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.errors import map_milvus_errors
from triptych.runtime.context import request
from triptych.vocabulary.errors import DeadlineExceeded


class HangingMilvus(grpc.GenericRpcHandler):
    """Answers nothing, and notes when it is told that nobody waits any more."""

    def __init__(self):
        self.begun, self.cancelled = asyncio.Event(), asyncio.Event()

    def service(self, handler_call_details):
        async def hang(message, context):
            self.begun.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.cancelled.set()
                raise

        return grpc.unary_unary_rpc_method_handler(hang)


@pytest.fixture
async def hanging():
    """A Milvus that hangs, and a connection to it."""
    milvus, server = HangingMilvus(), grpc.aio.server()
    server.add_generic_rpc_handlers((milvus,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    connection = MilvusConnection(f"http://127.0.0.1:{port}")
    yield milvus, connection
    await connection.close()
    await server.stop(None)


async def test_a_caller_who_leaves_is_told_to_milvus(hanging):
    """A cancelled search is cancelled there."""
    milvus, connection = hanging
    call = asyncio.create_task(connection.call("GetVersion", GetVersionRequest()))
    async with asyncio.timeout(20):
        await milvus.begun.wait()
        call.cancel()
        await milvus.cancelled.wait()

    assert call.cancelled() or call.cancelling()


async def test_a_deadline_that_passes_is_told_to_milvus(hanging):
    """Past the deadline of the request Milvus works on it no longer."""
    milvus, connection = hanging
    with pytest.raises(DeadlineExceeded), request(None, 0.2), map_milvus_errors():
        await connection.call("GetVersion", GetVersionRequest())
    async with asyncio.timeout(20):
        await milvus.cancelled.wait()
