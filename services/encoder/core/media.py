"""Pictures and sounds on their way to the encoder: got, checked, decoded."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Generic, TypeVar

from services.encoder.core.concurrency import side_by_side
from services.encoder.core.parts import Media
from services.encoder.core.ports import Decoder, Fetcher, Form
from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError

Input = TypeVar("Input")

Fetches = dict[str, asyncio.Task[bytes]]
"""What is being fetched for several parts, by address."""


class MediaPreparer(Generic[Form, Input]):
    """Brings media of at most *bytes_max* bytes to the form that the model takes."""

    def __init__(self, decoder: Decoder[Form, Input], fetcher: Fetcher, bytes_max: int) -> None:
        self._decoder = decoder
        self._fetcher = fetcher
        self._bytes_max = bytes_max

    async def prepare(self, parts: Sequence[Media], facts: Form) -> list[Input | TriptychError]:
        """Return each medium decoded, or why it cannot be encoded.

        They are worked on side by side. What several name is fetched once, as when the cells of
        one picture are covered in turn.
        """
        named = Counter(part.uri for part in parts if part.data is None)
        fetches = {uri: asyncio.create_task(self._fetch(uri)) for uri, times in named.items() if times > 1}
        return await side_by_side([self._prepared(part, facts, fetches) for part in parts])

    async def _prepared(self, part: Media, facts: Form, fetches: Fetches) -> Input | TriptychError:
        try:
            return await self._decoder.decode(await self._content(part, fetches), facts, part.focus)
        except InvalidArgument as error:
            return error if error.field else error.under(part.field)

    async def _content(self, part: Media, fetches: Fetches) -> bytes:
        data = part.data
        if data is None:
            data = await (fetches.get(part.uri) or self._fetch(part.uri))
        if not data:
            raise InvalidArgument("The file is empty.", reason=Reason.MEDIA_EMPTY)
        if len(data) > self._bytes_max:
            raise too_large(self._bytes_max)
        return data

    async def _fetch(self, uri: str) -> bytes:
        return await self._fetcher.fetch(uri, self._bytes_max)


def too_large(bytes_max: int) -> InvalidArgument:
    """Return the error for a file of more than *bytes_max* bytes."""
    return InvalidArgument(
        f"A file holds at most {bytes_max} bytes.",
        reason=Reason.MEDIA_TOO_LARGE,
        metadata={"bytes_max": str(bytes_max)},
    )
