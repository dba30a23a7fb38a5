"""Which pair of encoder and fusion a catalogue's queries and products go to: that of the pack whose vectors serve."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from gateway.core.upgrade.model import Generations, Pair
from gateway.core.upgrade.ports import GenerationStore, PackDescriber
from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError, Unavailable
from triptych.vocabulary.vectors import Space

Answer = TypeVar("Answer")

# How long it is remembered what a pair serves and which pack serves a catalogue. What is wrong by then is noticed.
MEMORY_S = 5.0
# A pair that hangs must not take the time of whoever has to know what it serves: it is asked for no longer than this.
ASKED_S = 1.0
# Somebody may switch while a request is on its way, and back while it is tried again.
ATTEMPTS_MAX = 3
_MAYBE_SWITCHED = frozenset({Reason.SPACE_MISMATCH, Reason.DIMENSION_MISMATCH})


def is_mismatch(error: TriptychError) -> bool:
    """Return whether *error* may come from vectors of a pack that does not serve any more."""
    return error.reason in _MAYBE_SWITCHED


class Packs:
    """The pairs that there are, the current one first.

    Args:
        pairs: each with what tells its pack. With one alone nothing has to be asked.
        store: tells which pack serves a catalogue.
        now: returns seconds that only grow.
    """

    def __init__(
        self,
        pairs: Mapping[Pair, PackDescriber],
        store: GenerationStore,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pairs = pairs
        self._store = store
        self._now = now
        self._spaces: dict[Pair, tuple[float, Space | None]] = {}
        self._generations: dict[str, tuple[float, Generations]] = {}

    async def run(
        self, catalog: str, call: Callable[[Pair], Awaitable[Answer]], *, fresh: bool = False
    ) -> Answer:
        """Return what *call* does with the pair that serves *catalog*; again where the catalogue was switched meanwhile.

        Raises:
            TriptychError: of *call*.
        """
        if fresh:
            self.forget(catalog)
        for attempt in range(ATTEMPTS_MAX):
            try:
                return await call(await self.serving(catalog))
            except InvalidArgument as error:
                is_last = len(self._pairs) == 1 or attempt + 1 == ATTEMPTS_MAX
                if is_last or not is_mismatch(error):
                    raise
                self.forget(catalog)
        raise AssertionError("unreachable")

    async def serving(self, catalog: str) -> Pair:
        """Return the pair of the pack that serves *catalog*; the current one where that is not known."""
        current = next(iter(self._pairs))
        if len(self._pairs) == 1:
            return current
        try:
            return await self.pair_of((await self._generations_of(catalog)).serving.pack) or current
        except TriptychError:
            # The catalogue may not be there yet, or the store not answer: whoever calls next will say so.
            return current

    async def beside(self, catalog: str) -> Pair | None:
        """Return the pair of the pack that is kept up beside the one that serves; None where there is none at hand."""
        if len(self._pairs) == 1:
            return None
        try:
            other = (await self._generations_of(catalog)).other
            return None if other is None else await self.pair_of(other.pack)
        except TriptychError:
            return None

    async def pair_of(self, pack: str) -> Pair | None:
        """Return the pair that serves *pack*, as last heard; None where none does."""
        for pair in self._pairs:
            with contextlib.suppress(Unavailable):
                if (await self._space_of(pair)).pack == pack:
                    return pair
        return None

    async def spaces(self) -> list[Space]:
        """Return the fused spaces of all packs that are served, as far as their pairs answer."""
        found = []
        for pair in self._pairs:
            with contextlib.suppress(Unavailable):
                found.append(await self._space_of(pair))
        return found

    def forget(self, catalog: str) -> None:
        """Ask anew which pack serves *catalog*, and what the pairs serve."""
        self._generations.pop(catalog, None)
        self._spaces.clear()

    async def _generations_of(self, catalog: str) -> Generations:
        until, known = self._generations.get(catalog, (0.0, None))
        if known is None or self._now() >= until:
            known = await self._store.describe(catalog)
            self._generations[catalog] = self._now() + MEMORY_S, known
        return known

    async def _space_of(self, pair: Pair) -> Space:
        until, known = self._spaces.get(pair, (0.0, None))
        if self._now() >= until:
            # Where it does not answer, it serves what it served when it is back, most likely; if not, vectors say so.
            with contextlib.suppress(TriptychError, TimeoutError):
                async with asyncio.timeout(ASKED_S):
                    known = await self._pairs[pair].fused_space()
            self._spaces[pair] = self._now() + MEMORY_S, known
        if known is None:
            raise Unavailable.because_of("fusion")
        return known
