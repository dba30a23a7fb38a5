"""Pictures and sounds on their way to the encoder: got, checked, decoded."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Generic, TypeVar

from services.encoder.core.concurrency import side_by_side
from services.encoder.core.parts import File, Media, content_id
from services.encoder.core.ports import Decoder, Fetcher, Form, MediaStore
from triptych.vocabulary.errors import (
    InvalidArgument,
    NotFound,
    Reason,
    ResourceExhausted,
    TriptychError,
    Unavailable,
)

Input = TypeVar("Input")

Fetches = dict[str, asyncio.Task[bytes]]
"""What is being fetched for several parts, by address."""


class MediaPreparer(Generic[Form, Input]):
    """Brings media of at most *bytes_max* bytes to the form that the model takes."""

    def __init__(
        self, decoder: Decoder[Form, Input], fetcher: Fetcher, store: MediaStore, bytes_max: int
    ) -> None:
        self._decoder = decoder
        self._fetcher = fetcher
        self._store = store
        self._bytes_max = bytes_max

    async def prepare(self, part: Media, facts: Form) -> Input:
        """Return one medium decoded.

        Raises:
            InvalidArgument: it cannot be read, or breaks a limit; names the field.
        """
        (file,) = await self.load([part])
        if isinstance(file, TriptychError):
            raise file
        (decoded,) = await self.decode([file], facts)
        if isinstance(decoded, TriptychError):
            raise decoded
        return decoded

    async def load(self, parts: Sequence[Media]) -> list[File | TriptychError]:
        """Return the file of each, or why there is none.

        They are got side by side. What several name is fetched once, as when the cells of
        one picture are covered in turn.
        """
        named = Counter(part.uri for part in parts if part.data is None and part.uri)
        fetches = {uri: asyncio.create_task(self._fetch(uri)) for uri, times in named.items() if times > 1}
        return await side_by_side([self._loaded(part, fetches) for part in parts])

    async def decode(self, loaded: Sequence[File], facts: Form) -> list[Input | TriptychError]:
        """Return each file decoded, side by side, or why it cannot be."""
        return await side_by_side([self._decoded(file, facts) for file in loaded])

    async def keep(self, loaded: Sequence[File]) -> list[str | TriptychError]:
        """Keep the files; return the content id of each, empty where there is no store, or why it cannot be kept."""
        try:
            kept = await self._store.keep({file.content_id: file.data for file in loaded})
        except (ResourceExhausted, Unavailable) as error:
            return [error.at(file.part.field) for file in loaded]
        return [file.content_id if file.content_id in kept else "" for file in loaded]

    async def _loaded(self, part: Media, fetches: Fetches) -> File | TriptychError:
        try:
            data = await self._content(part, fetches)
        except (InvalidArgument, NotFound) as error:
            return error.under(part.field)
        return File(part, data, content_id(data))

    async def _decoded(self, file: File, facts: Form) -> Input | TriptychError:
        try:
            return await self._decoder.decode(file.data, facts, file.part.focus)
        except InvalidArgument as error:
            return error if error.field else error.under(file.part.field)

    async def _content(self, part: Media, fetches: Fetches) -> bytes:
        data = part.data
        if data is None:
            data = await (self._store.get(part.kept) if part.kept else self._fetched(part.uri, fetches))
        if not data:
            raise InvalidArgument("The file is empty.", reason=Reason.MEDIA_EMPTY)
        if len(data) > self._bytes_max:
            raise too_large(self._bytes_max)
        return data

    async def _fetched(self, uri: str, fetches: Fetches) -> bytes:
        return await (fetches.get(uri) or self._fetch(uri))

    async def _fetch(self, uri: str) -> bytes:
        return await self._fetcher.fetch(uri, self._bytes_max)


def too_large(bytes_max: int) -> InvalidArgument:
    """Return the error for a file of more than *bytes_max* bytes."""
    return InvalidArgument(
        f"A file holds at most {bytes_max} bytes.",
        reason=Reason.MEDIA_TOO_LARGE,
        metadata={"bytes_max": str(bytes_max)},
    )
