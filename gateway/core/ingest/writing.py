"""Writing a batch: tried again while what is wrong may pass, taken apart where one item spoils it for the others."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_delay,
    wait_random_exponential,
)

from gateway.core.ingest.model import Ack, Item
from gateway.core.model.catalog import NewProduct
from gateway.core.model.writes import Written
from triptych.vocabulary.errors import (
    DeadlineExceeded,
    Internal,
    Reason,
    ResourceExhausted,
    TriptychError,
    Unavailable,
)

FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 10.0

Write = Callable[[Sequence[NewProduct | TriptychError]], Awaitable[list[Written | TriptychError]]]
Troubled = Callable[[TriptychError, float], None]
"""Is told of an error that may pass, and in how many seconds it is tried again."""


class BatchWriter:
    """Writes batches.

    Args:
        write: stores products; an outcome each.
        troubled: is told of what may pass.
        patience_s: how long an error that may pass is waited for.
    """

    def __init__(self, write: Write, troubled: Troubled, patience_s: float) -> None:
        self._write = write
        self._troubled = troubled
        self._patience_s = patience_s

    async def write(self, batch: Sequence[Item]) -> list[Ack]:
        """Return what became of each item.

        Raises:
            Unavailable, ResourceExhausted, DeadlineExceeded: what is wrong has not passed.
        """
        settled: dict[int, Written | TriptychError] = {}

        async def attempt() -> None:
            left = [item for item in batch if item.sequence not in settled]
            outcomes = await self._outcomes(left)
            passing = [each for each in outcomes if isinstance(each, TriptychError) and may_pass(each)]
            settled.update(
                (item.sequence, each)
                for item, each in zip(left, outcomes, strict=True)
                if each not in passing
            )
            if passing:
                raise passing[0]

        retrying = AsyncRetrying(
            retry=retry_if_exception(may_pass),
            wait=wait_random_exponential(FIRST_WAIT_S, LONGEST_WAIT_S),
            stop=stop_after_delay(self._patience_s),
            before_sleep=self._tell,
            sleep=asyncio.sleep,
            reraise=True,
        )
        await retrying(attempt)
        return [Ack(item, settled[item.sequence]) for item in batch]

    async def _outcomes(self, items: Sequence[Item]) -> list[Written | TriptychError]:
        try:
            return await self._write([item.product for item in items])
        except Internal as error:
            if len(items) == 1:
                return [error]
            # A fault of ours that one item brings out, or a batch too large for a message: find out which.
            middle = len(items) // 2
            return [*await self._outcomes(items[:middle]), *await self._outcomes(items[middle:])]
        except TriptychError as error:
            if may_pass(error):
                raise
            return [error] * len(items)

    def _tell(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, TriptychError):
            self._troubled(error, state.next_action.sleep if state.next_action else 0.0)


def may_pass(error: BaseException) -> bool:
    """Return whether trying the same again may help."""
    is_conflict = isinstance(error, TriptychError) and error.reason is Reason.WRITE_CONFLICT
    return is_conflict or isinstance(error, Unavailable | ResourceExhausted | DeadlineExceeded)
