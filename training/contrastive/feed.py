"""Batches made ahead by threads, so that the networks never wait for a file."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from training.contrastive.batch import Batch

_AHEAD_PER_WORKER = 2


class Feed:
    """Makes the batches of coming steps with *workers* threads; a context manager.

    Args:
        make: the batch of a step; a pure function, so that it does not matter which thread calls it when.
        workers: threads.
        steps: after these there is nothing to make.
    """

    def __init__(self, make: Callable[[int], Batch], workers: int, steps: int) -> None:
        self._make = make
        self._steps = steps
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="feed")
        self._ahead = _AHEAD_PER_WORKER * workers
        self._waiting: deque[tuple[int, Future[Batch]]] = deque()

    def __enter__(self) -> "Feed":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def forget(self, make: Callable[[int], Batch]) -> None:
        """Throw away what was made ahead: from now on batches are made by *make*."""
        for _, future in self._waiting:
            future.cancel()
        self._waiting.clear()
        self._make = make

    def at(self, step: int) -> Batch:
        """Return the batch of *step*; steps are asked for in order."""
        following = self._waiting[-1][0] + 1 if self._waiting else step
        for ahead in range(following, min(step + self._ahead, self._steps)):
            self._waiting.append((ahead, self._pool.submit(self._make, ahead)))
        asked, future = self._waiting.popleft()
        assert asked == step
        return future.result()
