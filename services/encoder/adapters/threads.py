"""Decoding in threads: Pillow and libsndfile release the interpreter's lock while they work."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from prometheus_client import Histogram

from services.encoder.core.ports import Form
from triptych.vocabulary.media import WHOLE, Focus

Input = TypeVar("Input")


class ThreadedDecoder(Generic[Form, Input]):
    """Runs *decode* in *threads*; what waits for a thread is bounded by the parts that the service lets in."""

    def __init__(
        self,
        decode: Callable[[bytes, Form, Focus], Input],
        threads: ThreadPoolExecutor,
        seconds: Histogram,
    ) -> None:
        self._decode = decode
        self._threads = threads
        self._seconds = seconds

    async def decode(self, data: bytes, facts: Form, focus: Focus = WHOLE) -> Input:
        """Decode *data* in a thread; a cancelled call that still waits for one never starts."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, self._timed, data, facts, focus
        )

    def _timed(self, data: bytes, facts: Form, focus: Focus) -> Input:
        with self._seconds.time():
            return self._decode(data, facts, focus)
