"""One modality's way from parts to vectors: prepare each part, encode what is left in batches."""

from collections.abc import AsyncGenerator, Hashable, Sequence
from itertools import count
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from services.encoder.core.facts import Facts
from services.encoder.core.parts import Encoded, Outcome
from services.encoder.core.ports import Encoder, F, F_contra, Input_co
from services.encoder.core.remembered import SharedVectors
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.concurrency import as_they_come
from triptych.vocabulary.errors import FailedPrecondition, Internal, Reason, TriptychError, Unavailable
from triptych.vocabulary.vectors import Floats, Vector

Input = TypeVar("Input")

# While one batch is with the model, the next is being decoded; more would only hold memory.
BATCHES_AT_ONCE = 2


class Loaded(Protocol):
    """A part whose content is at hand: `Text`, `File`."""

    @property
    def key(self) -> Hashable:
        """What its vector depends on, the model aside."""


class Preparer(Protocol[F_contra, Input_co]):
    """Brings parts to the form that the model takes: `TextPreparer`, `MediaPreparer`."""

    def ready(self, parts: Sequence[Any], size: int) -> AsyncGenerator[list[Any], None]:
        """Yield batches of at most *size*, as they come: the place of a part with its content (`Loaded`), or an error."""
        ...

    async def decode(self, loaded: Sequence[Any], facts: F_contra) -> Sequence[Input_co | TriptychError]:
        """Return for each content the model's input, or why there is none."""
        ...

    async def keep(self, loaded: Sequence[Any]) -> Sequence[str | TriptychError]:
        """Keep contents; return the id of each, empty where it is none to keep, or why it cannot be kept."""
        ...


class Lane(Generic[F, Input]):
    """The way of one modality."""

    def __init__(
        self, encoder: Encoder[F, Input], preparer: Preparer[F, Input], vectors: SharedVectors
    ) -> None:
        self._encoder = encoder
        self._preparer = preparer
        self._vectors = vectors
        self._facts: F | None = None
        self._known = False

    async def refresh(self) -> None:
        """Ask the model for its facts, and go by them from now on; where it does not answer, forget its vectors.

        Raises:
            Unavailable, DeadlineExceeded: it does not answer.
        """
        try:
            self._facts = await self._encoder.facts()
        except TriptychError:
            # What comes back may be another model of the same name.
            self._vectors.forget()
            raise
        self._known = True

    @property
    def facts(self) -> F | None:
        """What the model says of itself; None where the pack has none.

        Raises:
            Unavailable: it never answered.
        """
        if not self._known:
            raise Unavailable.because_of("triton")
        return self._facts

    async def encode(self, parts: Sequence[Any], *, keep: bool = False) -> tuple[Facts | None, list[Encoded]]:
        """Return what became of each part, in order, and the facts that it was made by, if there is a model.

        With *keep* the contents of what was encoded are kept.

        Raises:
            Unavailable, DeadlineExceeded, Internal: the model does not answer, or fails.
        """
        facts = self.facts
        if facts is None:
            return None, [Encoded(not_served(part.modality)) for part in parts]
        batches = self._preparer.ready(parts, facts.batch_max)
        done = await as_they_come(
            batches, lambda batch: self._batch(batch, facts, keep=keep), BATCHES_AT_ONCE
        )
        by_place = dict(each for batch in done for each in batch)
        return facts, [by_place[at] for at in range(len(parts))]

    async def _batch(
        self, batch: Sequence[tuple[int, Any]], facts: F, *, keep: bool
    ) -> list[tuple[int, Encoded]]:
        places, loaded = zip(*batch, strict=True)
        at_hand = [each for each in loaded if not isinstance(each, TriptychError)]
        made = iter(await self._made(at_hand, facts))
        outcomes = [each if isinstance(each, TriptychError) else next(made) for each in loaded]
        encoded = await self._kept(loaded, outcomes) if keep else map(Encoded, outcomes)
        return list(zip(places, encoded, strict=True))

    async def _made(self, loaded: Sequence[Any], facts: F) -> list[Outcome]:
        keys = [(facts.model, facts.space.id, each.key) for each in loaded]
        return await self._vectors.of(keys, lambda places: self._make([loaded[at] for at in places], facts))

    async def _make(self, loaded: Sequence[Any], facts: F) -> list[Outcome]:
        decoded = await self._preparer.decode(loaded, facts)
        inputs = [each for each in decoded if not isinstance(each, TriptychError)]
        vectors = checked(await self._encoder.encode(inputs), facts, len(inputs)) if inputs else ()
        row = count()
        return [
            each if isinstance(each, TriptychError) else Vector(vectors[next(row)], facts.space.id)
            for each in decoded
        ]

    async def _kept(self, loaded: Sequence[Any], outcomes: Sequence[Outcome]) -> list[Encoded]:
        good = [each for each, outcome in zip(loaded, outcomes, strict=True) if isinstance(outcome, Vector)]
        ids = iter(await self._preparer.keep(good) if good else ())
        return [
            kept_as(outcome, next(ids)) if isinstance(outcome, Vector) else Encoded(outcome)
            for outcome in outcomes
        ]


def kept_as(outcome: Outcome, content_id: str | TriptychError) -> Encoded:
    """Return a part that was encoded, and kept or not: what cannot be kept counts as not encoded."""
    if isinstance(content_id, TriptychError):
        return Encoded(content_id)
    return Encoded(outcome, content_id)


def not_served(modality: Modality) -> FailedPrecondition:
    """Return the error for a part whose modality the pack does not encode; it blames the part itself."""
    name = modality.name.lower()
    return FailedPrecondition(
        f"The pack that is served has no encoder for {name}.",
        reason=Reason.MODALITY_NOT_SERVED,
        field=name,
        metadata={"modality": modality.name},
    )


def checked(vectors: Floats, facts: Facts, rows: int) -> Floats:
    """Return *vectors*, which must be finite and of shape (*rows*, dimension).

    Raises:
        Internal: they are not; such a vector would poison an index.
    """
    if vectors.shape != (rows, facts.space.dimension) or not np.isfinite(vectors).all():
        raise Internal from ValueError(f"{facts.model.name} made vectors that its space does not allow")
    return vectors
