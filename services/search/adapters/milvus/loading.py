"""Collections loaded, so that they can be searched."""

import asyncio
import time
from collections.abc import Sequence

import grpc
from pymilvus.grpc_gen.common_pb2 import LoadStateLoaded, SegmentState
from pymilvus.grpc_gen.milvus_pb2 import (
    GetLoadStateRequest,
    GetPersistentSegmentInfoRequest,
    GetQuerySegmentInfoRequest,
    LoadCollectionRequest,
)

from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.errors import MilvusRefusal
from triptych.vocabulary.errors import Unavailable

_POLL_S = 0.05
_SEGMENTS_WAIT_S = 30.0


class Loader:
    """Loads collections, by their names."""

    def __init__(self, connection: MilvusConnection) -> None:
        self._connection = connection
        self._segments_until: float | None = None

    async def start(self, name: str) -> None:
        """Start loading the collection *name*; harmless when it is loaded."""
        await self._connection.call(
            "LoadCollection", LoadCollectionRequest(collection_name=name, replica_number=1)
        )

    async def load(self, name: str) -> None:
        """Return when the collection *name* is loaded."""
        await self.start(name)
        # Milvus tells nobody when it is done: it has to be asked.
        while not await self.is_loaded(name):  # noqa: ASYNC110
            await asyncio.sleep(_POLL_S)

    async def is_loaded(self, name: str) -> bool:
        """Return whether the collection *name* can be read."""
        response = await self._connection.call("GetLoadState", GetLoadStateRequest(collection_name=name))
        return bool(response.state == LoadStateLoaded)

    async def start_missing(self, names: Sequence[str]) -> None:
        """Return when all collections are loaded; start loading those that are not.

        Raises:
            Unavailable: not yet.
        """
        waiting = [each for each in names if not await self.is_loaded(each)]
        for name in waiting:
            await self.start(name)
        if waiting:
            raise Unavailable.because_of("milvus")

    async def check_segments(self, names: Sequence[str]) -> None:
        """Return when no rows that Milvus has on disk are still on their way to where they are searched.

        After a restart Milvus calls a collection loaded, and answers without those rows, until they arrive. Which
        segments are to arrive is not always clear to it either, so this is not waited for longer than *_SEGMENTS_WAIT_S*.

        Raises:
            Unavailable: not yet.
        """
        if self._segments_until is None:
            self._segments_until = time.monotonic() + _SEGMENTS_WAIT_S
        if time.monotonic() <= self._segments_until:
            for name in names:
                if not await self._has_segments(name):
                    raise Unavailable.because_of("milvus")
        self._segments_until = None

    async def _has_segments(self, name: str) -> bool:
        try:
            stored = await self._connection.call(
                "GetPersistentSegmentInfo", GetPersistentSegmentInfoRequest(collectionName=name)
            )
            loaded = await self._connection.call(
                "GetQuerySegmentInfo", GetQuerySegmentInfoRequest(collectionName=name)
            )
        except MilvusRefusal:
            return False
        except grpc.aio.AioRpcError as error:
            # Milvus Lite knows no segments.
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                return True
            raise
        wanted = {
            each.segmentID for each in stored.infos if each.state == SegmentState.Flushed and each.num_rows
        }
        return wanted <= {each.segmentID for each in loaded.infos}
