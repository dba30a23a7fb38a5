"""Getting the files of parts: what was sent is at hand, what is elsewhere comes when it comes."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from urllib.parse import urlsplit

from services.encoder.core.parts import File, Media, content_id
from services.encoder.core.ports import Fetcher, MediaStore
from triptych.vocabulary.errors import InvalidArgument, NotFound, Reason, TriptychError, Unavailable

# So many files of one host are fetched or held for a request; then it waits until some of them are encoded.
AHEAD_PER_HOST = 64

Got = tuple[int, File | TriptychError]
"""The place of a part, and its file, or why there is none."""


class FileGetter:
    """Gets files of at most *bytes_max* bytes: sent, fetched, or kept."""

    def __init__(self, fetcher: Fetcher, store: MediaStore, bytes_max: int) -> None:
        self._fetcher = fetcher
        self._store = store
        self._bytes_max = bytes_max

    async def get(self, part: Media) -> File | TriptychError:
        """Return the file of *part*, or why there is none."""
        return named(part, await self._content(part))

    async def ready(self, parts: Sequence[Media], size: int) -> AsyncGenerator[list[Got], None]:
        """Yield the files of *parts* in batches of at most *size*: those that were sent, then the others as they come.

        What several name is got once, as when the cells of one picture are covered in turn.
        """
        sent = [at for at, part in enumerate(parts) if part.data is not None]
        for start in range(0, len(sent), size):
            yield [(at, await self.get(parts[at])) for at in sent[start : start + size]]
        places: dict[str, list[int]] = defaultdict(list)
        for at, part in enumerate(parts):
            if part.data is None:
                places[part.source].append(at)
        if places:
            # Closed with this one, not when it is found lying about: its fetches end with the request.
            async with aclosing(self._coming(parts, list(places.values()), size)) as coming:
                async for batch in coming:
                    yield batch

    async def _coming(
        self, parts: Sequence[Media], groups: Sequence[Sequence[int]], size: int
    ) -> AsyncGenerator[list[Got], None]:
        ahead: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AHEAD_PER_HOST))

        async def get(group: Sequence[int]) -> list[Got]:
            first = parts[group[0]]
            await ahead[host_of(first)].acquire()
            content = await self._content(first)
            return [(at, named(parts[at], content)) for at in group]

        firsts = {group[0] for group in groups}
        waiting = {asyncio.create_task(get(group)) for group in groups}
        at_hand: list[Got] = []
        try:
            while waiting or at_hand:
                if waiting:
                    done, waiting = await asyncio.wait(
                        waiting, timeout=0 if at_hand else None, return_when=asyncio.FIRST_COMPLETED
                    )
                    at_hand += [got for task in done for got in task.result()]
                batch, at_hand = at_hand[:size], at_hand[size:]
                if batch:
                    yield batch
                for at in firsts.intersection(at for at, _ in batch):
                    ahead[host_of(parts[at])].release()
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _content(self, part: Media) -> bytes | TriptychError:
        try:
            return self._checked(await self._bytes(part))
        except (InvalidArgument, NotFound, Unavailable) as error:
            return error

    async def _bytes(self, part: Media) -> bytes:
        if part.data is not None:
            return part.data
        if part.kept:
            return await self._store.get(part.kept)
        return await self._fetcher.fetch(part.uri, self._bytes_max)

    def _checked(self, data: bytes) -> bytes:
        if not data:
            raise InvalidArgument("The file is empty.", reason=Reason.MEDIA_EMPTY)
        if len(data) > self._bytes_max:
            raise too_large(self._bytes_max)
        return data


def named(part: Media, content: bytes | TriptychError) -> File | TriptychError:
    """Return the file of *part*, or the error with its field."""
    if isinstance(content, TriptychError):
        return content.at(part.field)
    return File(part, content, content_id(content))


def host_of(part: Media) -> str:
    """Return whom to ask for a part; the same for all that is kept here."""
    try:
        return urlsplit(part.uri).netloc
    except ValueError:
        # No address at all, as the fetcher will say.
        return ""


def too_large(bytes_max: int) -> InvalidArgument:
    """Return the error for a file of more than *bytes_max* bytes."""
    return InvalidArgument(
        f"A file holds at most {bytes_max} bytes.",
        reason=Reason.MEDIA_TOO_LARGE,
        metadata={"bytes_max": str(bytes_max)},
    )
