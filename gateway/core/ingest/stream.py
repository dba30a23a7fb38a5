"""The walk of a stream: items in, batches written side by side, acknowledgements out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from gateway.core.ingest.model import Ack, Acks, BackOff, Finished, Item, Limits, Told
from gateway.core.ingest.progress import Progress
from gateway.core.ingest.waiting import Waiting
from gateway.core.ingest.window import Window
from gateway.core.ingest.writing import BatchWriter, Write
from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError

Send = Callable[[Told], Awaitable[None]]


class Stream:
    """One stream of products.

    Args:
        write: stores products; an outcome each.
        send: tells the client; returns when it is on its way.
        limits: its bounds.
        settled: the sequence after which it goes on.
    """

    def __init__(self, write: Write, send: Send, limits: Limits, settled: int = 0) -> None:
        self._send, self._limits = send, limits
        self._window = Window(limits.window_items, limits.window_bytes, limits.batch_items)
        self._waiting = Waiting(limits.batch_items, limits.batch_bytes, limits.linger_s)
        self._progress = Progress(settled)
        self._writer = BatchWriter(write, self._troubled, limits.patience_s)
        # Bounded by the window: an item is given back when its acknowledgement is sent.
        self._settled: list[Ack] = []
        self._trouble: BackOff | None = None
        self._news = asyncio.Event()
        self._over = False
        self._stored = self._refused = 0

    @property
    def window(self) -> int:
        """How many items may be under way."""
        return self._window.size

    @property
    def under_way(self) -> int:
        """How many items came and are not acknowledged."""
        return self._window.items

    @property
    def is_idle(self) -> bool:
        """Whether everything that came is settled, and the client has been told."""
        return self._window.is_empty

    async def run(self, incoming: AsyncIterator[Sequence[Item]]) -> Finished:
        """Store what comes in until that ends; return when all of it is settled and the client has been told.

        Raises:
            TriptychError: what *incoming* or *send* raised, or what is wrong with a room and does not pass. What came
                before an error of *incoming* is settled, and the client told.
        """
        ending: TriptychError | None = None
        try:
            async with asyncio.TaskGroup() as sending:
                sending.create_task(self._tell())
                async with asyncio.TaskGroup() as working:
                    for _ in range(self._limits.batches):
                        working.create_task(self._work())
                    try:
                        await self._take(incoming)
                    except TriptychError as error:
                        ending = error
                    await self._waiting.close()
                self._over = True
                self._news.set()
        except ExceptionGroup as failed:
            raise first(failed) from failed
        if ending is not None:
            raise ending
        return Finished(self._stored, self._refused)

    async def _take(self, incoming: AsyncIterator[Sequence[Item]]) -> None:
        async for items in incoming:
            for place, item in enumerate(items):
                if item.sequence <= self._progress.last:
                    raise not_increasing(item.sequence, self._progress.last, place)
                await self._window.take(item.size_bytes)
                self._progress.take(item.sequence)
                if isinstance(item.product, TriptychError):
                    self._settle([Ack(item, item.product)])
                else:
                    await self._waiting.put(item)

    async def _work(self) -> None:
        while batch := await self._waiting.next():
            acks = await self._writer.write(batch)
            self._window.grow(len(batch))
            self._settle(acks)
            await self._waiting.done(batch)

    def _settle(self, acks: Sequence[Ack]) -> None:
        self._settled.extend(acks)
        self._news.set()

    def _troubled(self, error: TriptychError, delay_s: float) -> None:
        self._window.shrink()
        self._trouble = BackOff(self._window.size, delay_s, error)
        self._news.set()

    async def _tell(self) -> None:
        while not self._over or self._settled:
            await self._news.wait()
            if not self._over:
                self._news.clear()
            if self._trouble is not None:
                trouble, self._trouble = self._trouble, None
                await self._send(trouble)
            if self._settled:
                acks, self._settled = self._settled, []
                await self._acknowledge(acks)

    async def _acknowledge(self, acks: list[Ack]) -> None:
        acks.sort(key=lambda ack: ack.item.sequence)
        for ack in acks:
            self._progress.settle(ack.item.sequence)
        refused = sum(ack.is_refused for ack in acks)
        self._refused += refused
        self._stored += len(acks) - refused
        await self._send(Acks(tuple(acks), self._progress.settled, self._window.size))
        self._window.give(len(acks), sum(ack.item.size_bytes for ack in acks))


def not_increasing(sequence: int, last: int, place: int) -> InvalidArgument:
    """Return the error for an item at *place* of its message whose sequence is not larger than the one before."""
    return InvalidArgument(
        f"A sequence is larger than every one before: more than {last}, not {sequence}.",
        reason=Reason.FIELD_INVALID,
        field=f"items.items[{place}].sequence",
        metadata={"last": str(last), "sequence": str(sequence)},
    )


def first(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error in a group of groups: what made the others stop."""
    error: BaseException = failed
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
