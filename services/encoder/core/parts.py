"""What the encoder service is asked to encode, and what became of it."""

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


@dataclass(frozen=True)
class Media:
    """A picture, or what *focus* tells of it, or a sound: the file in *data*, or its address in *uri* when that is None."""

    modality: Modality
    data: bytes | None = None
    uri: str = ""
    focus: Focus = WHOLE

    @property
    def field(self) -> str:
        """The field to blame, relative to the part: "image.data", "audio.uri" …."""
        return f"{self.modality.name.lower()}.{'uri' if self.data is None else 'data'}"


Part = Text | Media

# A part that cannot be encoded carries its error; fields in it are relative to the part.
Outcome = Vector | TriptychError
