"""What the encoder service needs from outside."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.encoder.core.facts import Facts
from triptych.vocabulary.media import WHOLE, Focus
from triptych.vocabulary.vectors import Floats

Pixels = NDArray[np.uint8]
"""A picture as a model takes it: (height, width, 3), RGB."""

Waveform = Floats
"""A sound as a model takes it: (samples,), mono, in [-1, 1], at the model's rate."""

F = TypeVar("F", bound=Facts)
F_contra = TypeVar("F_contra", bound=Facts, contravariant=True)
F_co = TypeVar("F_co", bound=Facts, covariant=True)
Form = TypeVar("Form")
Form_contra = TypeVar("Form_contra", contravariant=True)
Input_co = TypeVar("Input_co", covariant=True)
Input_contra = TypeVar("Input_contra", contravariant=True)


class Encoder(Protocol[F_co, Input_contra]):
    """Makes vectors of texts (str), pictures (Pixels) or sounds (Waveform)."""

    async def facts(self) -> F_co | None:
        """Ask the model what it is; None when the pack that is served has no such model. Also a ping.

        Raises:
            Unavailable, DeadlineExceeded: it does not answer.
        """
        ...

    async def encode(self, inputs: Sequence[Input_contra]) -> Floats:
        """Return vectors (len(inputs), dimension) of 1 to `batch_max` inputs, in their order.

        Raises:
            Unavailable, DeadlineExceeded, Internal: the model does not answer, or fails.
        """
        ...


class Decoder(Protocol[Form_contra, Input_co]):
    """Reads an encoded file and brings it to the form that the model takes, which the model's facts tell."""

    async def decode(self, data: bytes, facts: Form_contra, focus: Focus = WHOLE) -> Input_co:
        """Return the picture or sound in *data*; of a picture what *focus* tells.

        Raises:
            InvalidArgument: there is none, or it breaks a limit; without a field, or with that of the part ("region").
        """
        ...


class Fetcher(Protocol):
    """Gets the bytes behind an address."""

    async def fetch(self, uri: str, bytes_max: int) -> bytes:
        """Return what *uri* holds, at most *bytes_max* bytes.

        Raises:
            InvalidArgument: URI_NOT_ALLOWED, URI_UNREADABLE or MEDIA_TOO_LARGE; without a field.
            Unavailable: URI_UNAVAILABLE; without a field.
        """
        ...


class MediaStore(Protocol):
    """Keeps files by their content ids (`services.encoder.core.parts.content_id`).

    Every method raises Unavailable when the store cannot be read or written.
    """

    async def keep(self, contents: Mapping[str, bytes]) -> Collection[str]:
        """Keep *contents*, all or none, and return the ids of those that are there: durable when it returns.

        What is there already counts as kept anew.

        Raises:
            ResourceExhausted: STORAGE_FULL.
        """
        ...

    async def get(self, content_id: str) -> bytes:
        """Return a content.

        Raises:
            NotFound: MEDIA_NOT_KEPT; without a field.
        """
        ...

    async def confirm(self, ids: Collection[str]) -> set[str]:
        """Let *ids* count as kept anew; return those that are not there."""
        ...

    async def ids(self, after: str, limit: int, before_s: float) -> list[str]:
        """Return the first *limit* ids after *after*, in order, of what was last kept before *before_s* (since 1970)."""
        ...

    async def remove(self, ids: Collection[str], before_s: float) -> int:
        """Remove those of *ids* that were last kept before *before_s*; return how many."""
        ...
