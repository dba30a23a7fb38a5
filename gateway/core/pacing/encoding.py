"""The contents of a query become vectors, those in time that can be late."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.core.model.degradation import Step
from gateway.core.model.query import Content, Query
from gateway.core.model.vectors import Encoded
from gateway.core.pacing import stages
from gateway.core.pacing.pace import LeftOut, Pace
from gateway.core.ports.rooms import Encoder
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.concurrency import side_by_side
from triptych.vocabulary.errors import DeadlineExceeded, TriptychError
from triptych.vocabulary.vectors import ModelVersion, Vector


@dataclass(frozen=True)
class EncodedParts:
    """What became of contents by place, but for those that are late; and the models that made vectors."""

    outcomes: Mapping[int, Vector | TriptychError]
    models: tuple[ModelVersion, ...]


@dataclass(frozen=True)
class PacedEncoder:
    """Encodes the contents of queries."""

    encoder: Encoder

    async def encode(self, query: Query, contents: Mapping[int, Content], pace: Pace) -> EncodedParts:
        """Return what became of the *contents* of *query*, by place; what is late is left out where that can be.

        What excludes products is always waited for: without it they would be shown. So is what nothing could be looked
        for without.

        Raises:
            DeadlineExceeded, Unavailable: nothing would be left to look for.
        """
        if not contents:
            return EncodedParts({}, ())
        places: dict[Modality, list[int]] = {}
        for place, content in contents.items():
            places.setdefault(content.modality, []).append(place)
        groups = list(places.values())
        with pace.stage("encode"):
            done = await side_by_side([self._group(query, contents, group, pace) for group in groups])
        late = {
            place: each
            for group, each in zip(groups, done, strict=True)
            if isinstance(each, LeftOut)
            for place in group
        }
        require_something(query, late)
        for place, each in late.items():
            pace.leave_out(Step.PART, each.cause, query.origin(place))
        made = [(group, each) for group, each in zip(groups, done, strict=True) if isinstance(each, Encoded)]
        outcomes = {
            place: outcome
            for group, each in made
            for place, outcome in zip(group, each.outcomes, strict=True)
        }
        return EncodedParts(outcomes, tuple(model for _, each in made for model in each.models))

    async def _group(
        self, query: Query, contents: Mapping[int, Content], group: list[int], pace: Pace
    ) -> Encoded | LeftOut:
        """Return what became of the contents at the places of *group*, or why they are left out."""
        wanted = [contents[place] for place in group]
        stage = stages.encode(wanted[0].modality)
        if any(query.parts[place].exclude for place in group):
            return await pace.measured(stage, lambda: self.encoder.encode(wanted))
        keep = (stages.fuse(query.fusion), stages.SEARCH_HURRIED)
        try:
            return await pace.attempt(stage, lambda: self.encoder.encode(wanted), keep)
        except LeftOut as left_out:
            return left_out


def require_something(query: Query, late: Mapping[int, LeftOut]) -> None:
    """See that something to look for is left: another part, or words, which can be looked for without a vector.

    Raises:
        DeadlineExceeded, Unavailable: nothing is; what is late was waited for as long as could be.
    """
    left = [part for place, part in enumerate(query.parts) if part.is_wanted and place not in late]
    words = [part for part in query.parts if part.is_wanted and is_text(part.content)]
    if late and not left and not words:
        raise next(
            (each.error for each in late.values() if not isinstance(each.error, DeadlineExceeded)),
            DeadlineExceeded(),
        )


def is_text(content: object) -> bool:
    """Return whether *content* is words."""
    return isinstance(content, Content) and content.modality is Modality.TEXT
