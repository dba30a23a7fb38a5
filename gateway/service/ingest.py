"""IngestProducts: a stream of products, from its first message to its last."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

from gateway import metrics
from gateway.core.ingest.model import BackOff, Item, Limits, Told
from gateway.core.ingest.ports import ResumeTokens
from gateway.core.ingest.stream import Stream
from gateway.core.ingest.writing import Write
from gateway.core.model.catalog import NewProduct
from gateway.core.model.writes import Written
from gateway.core.updating import Writes
from gateway.service.context import Context
from gateway.service.inbox import RETRY_AFTER_MS, Inbox, stalled
from gateway.translate import ingest as translate
from gateway.translate import queries
from triptych.runtime.context import request, request_id
from triptych.v1 import catalog_service_pb2 as pb
from triptych.vocabulary.errors import (
    InvalidArgument,
    Reason,
    ResourceExhausted,
    TriptychError,
)

Requests = AsyncIterator[pb.IngestProductsRequest]


class Ingestion:
    """Serves streams of products.

    Args:
        writes: stores them.
        tokens: tells how far a stream came.
        limits: of each stream.
        streams_max: at once.
    """

    def __init__(self, writes: Writes, tokens: ResumeTokens, limits: Limits, streams_max: int) -> None:
        self._writes, self._tokens = writes, tokens
        self._limits, self._streams_max = limits, streams_max
        self._streams = 0
        self._open: set[Stream] = set()
        self._stopping = asyncio.Event()
        # Asked in another thread, hence a copy.
        metrics.INGEST_WAITING.set_function(lambda: sum(each.under_way for each in tuple(self._open)))

    def stop(self) -> None:
        """Take no more: what was taken is settled, and streams end."""
        self._stopping.set()

    async def serve(self, requests: Requests, context: Context) -> None:
        """Serve one stream.

        Raises:
            TriptychError: why it ends before its time.
        """
        if self._streams >= self._streams_max:
            raise too_many(self._streams_max)
        self._streams += 1
        metrics.INGEST_STREAMS.inc()
        try:
            await self._serve(requests, context)
        finally:
            self._streams -= 1
            metrics.INGEST_STREAMS.dec()

    async def _serve(self, requests: Requests, context: Context) -> None:
        async with Inbox(requests, self._stopping, self._limits.idle_s) as inbox:
            start = started(await inbox.next())
            catalog = start.catalog or queries.CATALOG_DEFAULT
            settled = self._tokens.open(start.resume_token, catalog) if start.resume_token else 0

            async def tell(told: Told) -> None:
                await self._send(
                    context, translate.told(told, lambda sequence: self._tokens.seal(catalog, sequence))
                )
                observe(told)

            stream = Stream(self._write_to(catalog), tell, self._limits, settled)
            await self._send(context, translate.started(settled, stream.window))
            self._open.add(stream)
            try:
                finished = await stream.run(items(inbox, stream))
            finally:
                self._open.discard(stream)
            await self._send(context, translate.finished(finished))

    def _write_to(self, catalog: str) -> Write:
        async def write(products: Sequence[NewProduct | TriptychError]) -> list[Written | TriptychError]:
            metrics.INGEST_BATCH_ITEMS.observe(len(products))
            # Each attempt has a time of its own: a stream has none.
            with request(request_id(), self._limits.batch_s):
                return await self._writes.upsert(catalog, products)

        return write

    async def _send(self, context: Context, message: pb.IngestProductsResponse) -> None:
        try:
            async with asyncio.timeout(self._limits.unread_s):
                await context.write(message)
        except TimeoutError as error:
            raise stalled("read nothing of what it was told", self._limits.unread_s) from error


def started(first: pb.IngestProductsRequest | None) -> pb.IngestProductsRequest.Start:
    """Return the start of a stream."""
    if first is None or not first.HasField("start"):
        raise InvalidArgument(
            "The first message of a stream is a start.", reason=Reason.FIELD_INVALID, field="start"
        )
    return first.start


async def items(inbox: Inbox[pb.IngestProductsRequest], stream: Stream) -> AsyncIterator[list[Item]]:
    """Yield the items of each message that follows the start."""
    while (message := await inbox.next(lambda: stream.is_idle)) is not None:
        if message.HasField("start"):
            raise InvalidArgument(
                "Only the first message of a stream is a start.", reason=Reason.FIELD_INVALID, field="start"
            )
        taken_s = time.monotonic()
        yield [translate.item(each, taken_s) for each in message.items.items]


def observe(told: Told) -> None:
    """Count what the client was told."""
    if isinstance(told, BackOff):
        metrics.INGEST_BACK_OFFS.labels(told.reason.reason).inc()
        return
    now = time.monotonic()
    for ack in told.acks:
        metrics.INGEST_LAG.observe(now - ack.item.taken_s)
        metrics.PRODUCTS.labels("refused" if ack.is_refused else "stored").inc()


def too_many(streams_max: int) -> ResourceExhausted:
    """Return the error for one stream too many."""
    return ResourceExhausted(
        f"The gateway serves {streams_max} streams of products at once; try again in a moment.",
        reason=Reason.OVERLOADED,
        metadata={"streams_max": str(streams_max)},
        retry_after_ms=RETRY_AFTER_MS,
    )
