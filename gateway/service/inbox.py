"""What comes in on a stream, waited for no longer than allowed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from triptych.vocabulary.errors import DeadlineExceeded, Reason, Unavailable

Message = TypeVar("Message")
RETRY_AFTER_MS = 1000


class Inbox(Generic[Message]):
    """The messages of one stream.

    Args:
        messages: as the client sends them.
        stopping: set when no more are to be taken.
        idle_s: how long the client may send nothing.
    """

    def __init__(self, messages: AsyncIterator[Message], stopping: asyncio.Event, idle_s: float) -> None:
        self._messages, self._idle_s = messages, idle_s
        self._stopping = stopping
        self._stop = asyncio.ensure_future(stopping.wait())
        self._reading: asyncio.Future[Any] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = [task for task in (self._stop, self._reading) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def next(self, is_idle: Callable[[], bool] = lambda: True) -> Message | None:
        """Return the next message, None at the end; *is_idle* says whether it is the client that is waited for.

        Raises:
            Unavailable: STOPPING.
            DeadlineExceeded: STREAM_STALLED.
        """
        # Kept when the wait ends: a message that was read halfway must not be lost.
        self._reading = self._reading or asyncio.ensure_future(anext(self._messages, None))
        while True:
            done, _ = await asyncio.wait(
                {self._reading, self._stop}, timeout=self._idle_s, return_when=asyncio.FIRST_COMPLETED
            )
            if self._stopping.is_set():
                raise stopping()
            if done:
                reading, self._reading = self._reading, None
                message: Message | None = reading.result()
                return message
            if is_idle():
                raise stalled("sent nothing", self._idle_s)


def stopping() -> Unavailable:
    """Return the error for a stream that the server's end cuts short."""
    return Unavailable(
        "The server stops; what it took of the stream is settled. Go on in another one with the last resume token.",
        reason=Reason.STOPPING,
        retry_after_ms=RETRY_AFTER_MS,
    )


def stalled(what: str, seconds: float) -> DeadlineExceeded:
    """Return the error for a client that has not done its part for so long."""
    return DeadlineExceeded(
        f"The client {what} for {seconds:g} seconds; go on in another stream with the last resume token.",
        reason=Reason.STREAM_STALLED,
        metadata={"seconds": f"{seconds:g}"},
    )
