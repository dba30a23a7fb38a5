"""Pictures and sounds on their way to the encoder: got, checked, decoded."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from services.encoder.core.concurrency import side_by_side
from services.encoder.core.parts import Media
from services.encoder.core.ports import Decoder, Fetcher, Form
from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError

Input = TypeVar("Input")


class MediaPreparer(Generic[Form, Input]):
    """Brings media of at most *bytes_max* bytes to the form that the model takes."""

    def __init__(self, decoder: Decoder[Form, Input], fetcher: Fetcher, bytes_max: int) -> None:
        self._decoder = decoder
        self._fetcher = fetcher
        self._bytes_max = bytes_max

    async def prepare(self, parts: Sequence[Media], facts: Form) -> list[Input | TriptychError]:
        """Return each medium decoded, or why it cannot be encoded; they are worked on side by side."""
        return await side_by_side([self._prepared(part, facts) for part in parts])

    async def _prepared(self, part: Media, facts: Form) -> Input | TriptychError:
        try:
            return await self._decoder.decode(await self._content(part), facts, part.focus)
        except InvalidArgument as error:
            return error if error.field else error.under(part.field)

    async def _content(self, part: Media) -> bytes:
        data = part.data
        if data is None:
            data = await self._fetcher.fetch(part.uri, self._bytes_max)
        if not data:
            raise InvalidArgument("The file is empty.", reason=Reason.MEDIA_EMPTY)
        if len(data) > self._bytes_max:
            raise too_large(self._bytes_max)
        return data


def too_large(bytes_max: int) -> InvalidArgument:
    """Return the error for a file of more than *bytes_max* bytes."""
    return InvalidArgument(
        f"A file holds at most {bytes_max} bytes.",
        reason=Reason.MEDIA_TOO_LARGE,
        metadata={"bytes_max": str(bytes_max)},
    )
