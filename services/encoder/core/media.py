"""Pictures and sounds on their way to the encoder: got, decoded, kept."""

from collections.abc import AsyncGenerator, Sequence
from typing import Generic, TypeVar

from services.encoder.core.files import FileGetter, Got
from services.encoder.core.parts import File, Media
from services.encoder.core.ports import Decoder, Fetcher, Form, MediaStore
from triptych.vocabulary.concurrency import side_by_side
from triptych.vocabulary.errors import InvalidArgument, ResourceExhausted, TriptychError, Unavailable

Input = TypeVar("Input")


class MediaPreparer(Generic[Form, Input]):
    """Brings media of at most *bytes_max* bytes to the form that the model takes."""

    def __init__(
        self, decoder: Decoder[Form, Input], fetcher: Fetcher, store: MediaStore, bytes_max: int
    ) -> None:
        self._decoder = decoder
        self._files = FileGetter(fetcher, store, bytes_max)
        self._store = store

    async def prepare(self, part: Media, facts: Form) -> Input:
        """Return one medium decoded.

        Raises:
            InvalidArgument, Unavailable: it cannot be got or read, or breaks a limit; names the field.
        """
        file = await self._files.get(part)
        if isinstance(file, TriptychError):
            raise file
        decoded = await self._decoded(file, facts)
        if isinstance(decoded, TriptychError):
            raise decoded
        return decoded

    def ready(self, parts: Sequence[Media], size: int) -> AsyncGenerator[list[Got], None]:
        """Yield the places and files of *parts* in batches of at most *size*, as they come."""
        return self._files.ready(parts, size)

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

    async def _decoded(self, file: File, facts: Form) -> Input | TriptychError:
        try:
            return await self._decoder.decode(file.data, facts, file.part.focus)
        except InvalidArgument as error:
            return error if error.field else error.under(file.part.field)
