"""The verb of the room: parts of any modality in, one outcome per part out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.encoder.core.admission import Admission
from services.encoder.core.facts import Facts
from services.encoder.core.lane import Lane
from services.encoder.core.parts import Encoded, Outcome, Part
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.concurrency import side_by_side
from triptych.vocabulary.errors import Internal, TriptychError
from triptych.vocabulary.vectors import Space, Vector


@dataclass(frozen=True)
class Encoding:
    """One outcome per part, in order, the facts of each model that made a vector, and the id of each content kept."""

    outcomes: tuple[Outcome, ...]
    facts: tuple[Facts, ...]
    content_ids: tuple[str, ...]


class PartsEncoder:
    """Encodes parts, each in the lane of its modality; at most *parts_max* at once over all requests."""

    def __init__(self, lanes: Mapping[Modality, Lane[Any, Any]], parts_max: int) -> None:
        self._lanes = lanes
        self._admission = Admission(parts_max)

    async def warm_up(self) -> None:
        """Learn which models the pack has, and what they are.

        Raises:
            Unavailable, DeadlineExceeded: one does not answer.
        """
        await side_by_side([lane.refresh() for lane in self._lanes.values()])

    async def check(self) -> None:
        """See that the models answer, and learn anew what they are: another pack may be served by now.

        Raises:
            Unavailable, DeadlineExceeded: one does not answer.
        """
        await self.warm_up()

    def spaces(self) -> list[Space]:
        """Return the spaces of the pack's vectors, as last heard.

        Raises:
            Unavailable: the models never answered.
        """
        return [lane.facts.space for lane in self._lanes.values() if lane.facts is not None]

    async def encode(self, parts: Sequence[Part | TriptychError], *, keep: bool = False) -> Encoding:
        """Encode *parts*; one that is an error already stays that. With *keep* pictures and sounds are kept.

        Raises:
            ResourceExhausted: too many parts are being worked on.
            Unavailable, DeadlineExceeded, Internal: a model does not answer, or fails.
        """
        places: dict[Modality, list[int]] = {}
        for place, part in enumerate(parts):
            if not isinstance(part, TriptychError):
                places.setdefault(part.modality, []).append(place)
        with self._admission.admit(len(parts)):
            encoded = await side_by_side(
                [
                    self._lanes[modality].encode([parts[at] for at in own], keep=keep)
                    for modality, own in places.items()
                ]
            )
        done = [Encoded(part if isinstance(part, TriptychError) else Internal()) for part in parts]
        for own, (_, made) in zip(places.values(), encoded, strict=True):
            for place, each in zip(own, made, strict=True):
                done[place] = each
        used = (facts for facts, made in encoded if facts and any(has_vector(each) for each in made))
        outcomes, ids = (each.outcome for each in done), (each.content_id for each in done)
        return Encoding(tuple(outcomes), tuple(used), tuple(ids))


def has_vector(encoded: Encoded) -> bool:
    """Whether a part was encoded."""
    return isinstance(encoded.outcome, Vector)
