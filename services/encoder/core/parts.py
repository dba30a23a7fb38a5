"""What the encoder service is asked to encode, and what became of it."""

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass

from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.media import WHOLE, Focus
from triptych.vocabulary.vectors import Vector


@dataclass(frozen=True)
class Text:
    """Words, as they were sent."""

    text: str

    @property
    def modality(self) -> Modality:
        """TEXT."""
        return Modality.TEXT

    @property
    def key(self) -> Hashable:
        """What its vector depends on; of one size, and nothing that a customer wrote."""
        return hashlib.sha256(self.text.encode()).digest()


@dataclass(frozen=True)
class Media:
    """A picture, or what *focus* tells of it, or a sound.

    Its file is *data*; where that is None, *kept* is the content id of one in the media store, or *uri* an address.
    """

    modality: Modality
    data: bytes | None = None
    uri: str = ""
    focus: Focus = WHOLE
    kept: str = ""

    @property
    def source(self) -> str:
        """Where the file is, if it was not sent."""
        return self.kept or self.uri

    @property
    def field(self) -> str:
        """The field to blame, relative to the part: "image.data", "audio.uri" …."""
        source = "data" if self.data is not None else "content_id" if self.kept else "uri"
        return f"{self.modality.name.lower()}.{source}"


@dataclass(frozen=True)
class File:
    """What *part* names, got: its bytes and their content id."""

    part: Media
    data: bytes
    content_id: str

    @property
    def key(self) -> Hashable:
        """What its vector depends on."""
        return self.content_id, self.part.focus


Part = Text | Media

# A part that cannot be encoded carries its error; fields in it are relative to the part.
Outcome = Vector | TriptychError


@dataclass(frozen=True)
class Encoded:
    """What became of a part, and the id under which its content was kept; empty where it was not."""

    outcome: Outcome
    content_id: str = ""


def content_id(data: bytes) -> str:
    """Return the name of a content: "sha256:" and the 64 hexadecimal digits of its SHA-256."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
