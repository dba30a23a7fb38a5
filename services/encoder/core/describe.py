"""Descriptions: a picture in, a sentence out."""

from dataclasses import dataclass
from typing import Protocol

from services.encoder.core.admission import Admission
from services.encoder.core.facts import DescriberFacts
from services.encoder.core.media import MediaPreparer
from services.encoder.core.parts import Media
from services.encoder.core.ports import Pixels
from triptych.vocabulary.errors import FailedPrecondition, Reason
from triptych.vocabulary.vectors import ModelVersion


@dataclass(frozen=True)
class Described:
    """What a picture shows, and how sure the model is, 0 to 1."""

    text: str
    confidence: float


class Describer(Protocol):
    """Says what a picture shows."""

    async def facts(self) -> DescriberFacts | None:
        """Ask the model what it is; None when there is none.

        Raises:
            Unavailable, DeadlineExceeded: what serves models does not answer.
        """
        ...

    async def describe(self, picture: Pixels) -> Described:
        """Return what *picture* shows.

        Raises:
            Unavailable, DeadlineExceeded, Internal: the model does not answer, or fails.
        """
        ...


class PictureDescriber:
    """Gets, decodes and describes pictures; at most *pictures_max* at once over all requests."""

    def __init__(
        self, describer: Describer, preparer: MediaPreparer[DescriberFacts, Pixels], pictures_max: int
    ) -> None:
        self._describer = describer
        self._preparer = preparer
        self._admission = Admission(pictures_max)

    async def describe(self, picture: Media) -> tuple[Described, ModelVersion]:
        """Return what *picture* shows, and the model that spoke.

        Raises:
            FailedPrecondition: MODEL_NOT_SERVED, the pack has no model that describes.
            InvalidArgument: the picture cannot be read, or breaks a limit; names the field.
            ResourceExhausted: too many pictures are being worked on.
            Unavailable, DeadlineExceeded, Internal: the model does not answer, or fails.
        """
        with self._admission.admit(1):
            # Asked each time: the answer costs a hundredth of the writing, and a pack may have been changed.
            facts = await self._describer.facts()
            if facts is None:
                raise not_served()
            pixels = await self._preparer.prepare(picture, facts)
            return await self._describer.describe(pixels), facts.model


def not_served() -> FailedPrecondition:
    """Return the error for a pack without a describer."""
    return FailedPrecondition(
        "The pack that is served has no model that describes pictures.",
        reason=Reason.MODEL_NOT_SERVED,
        metadata={"model": "describer"},
    )
