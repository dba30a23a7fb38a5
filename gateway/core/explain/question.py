"""What an explanation is about: a query as it was searched."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TypeVar

from gateway.core.explain.coalitions import vectors_of
from gateway.core.model.query import Content
from gateway.core.model.retrieval import Retrieval
from gateway.core.model.vectors import PartVector
from gateway.core.parts import Understood
from gateway.core.ports.rooms import Fuser
from gateway.core.retrieving import texts
from triptych.vocabulary.choices import FusionStrategy
from triptych.vocabulary.vectors import Vector

Kept = TypeVar("Kept")

# Of so many there are 255 subsets to fuse; a request has no more parts, but speech can become two.
PLAYERS_MAX = 8


@dataclass(frozen=True)
class Question:
    """A query as it was searched. Parts go by their place in it; those that exclude products are not among them.

    Args:
        parts: their vectors and weights.
        contents: of the parts that were encoded.
        texts: of the parts whose words were looked for: the words, and their share of all.
        vector: of all parts; what products were compared with.
        fusion: by which parts became one vector.
        retrieval: what was asked of the index.
        asked: the places in the request of what can be left out: of the parts, and of what only said a filter.
        origins: for each part, the place in the request of what it came from, where that is another: speech can become two.
    """

    parts: Mapping[int, PartVector]
    contents: Mapping[int, Content]
    texts: Mapping[int, tuple[str, float]]
    vector: Vector
    fusion: FusionStrategy
    retrieval: Retrieval
    asked: tuple[int, ...]
    origins: Mapping[int, int] = field(default_factory=dict)

    @property
    def places(self) -> tuple[int, ...]:
        """The places of the parts, ascending."""
        return tuple(sorted(self.parts))

    @property
    def players(self) -> tuple[tuple[int, ...], ...]:
        """The places of the parts whose shares are found one by one, ascending.

        Each is by itself or, where that would be more than PLAYERS_MAX, the sound and the words of one part are together.
        """
        if len(self.places) <= PLAYERS_MAX:
            return tuple((place,) for place in self.places)
        return tuple(tuple(group) for _, group in groupby(self.places, lambda at: self.origins.get(at, at)))


def question(understood: Understood, asked: Retrieval) -> Question:
    """Return what is to be explained of a query for which *asked* was asked of the index."""
    query = understood.query
    assert understood.vector is not None, "an answer of which a part was left out is not explained"
    contents = {place: query.parts[place].content for place in understood.sought}
    return Question(
        understood.sought,
        {place: content for place, content in contents.items() if isinstance(content, Content)},
        texts(query),
        understood.vector,
        query.fusion,
        asked,
        tuple(sorted({*map(query.origin, understood.sought), *query.spoken_filters})),
        {place: query.origin(place) for place in understood.sought},
    )


async def without(fuser: Fuser, understood: Understood, part: int) -> Understood | None:
    """Return the query without all that *part* of the request became; None where nothing would be looked for."""
    query = understood.query
    gone = frozenset(at for at in range(len(query.parts)) if query.origin(at) == part)
    sought = closed_up(understood.sought, gone)
    (vector,) = await vectors_of(fuser, query.fusion, [sought])
    if vector is None:
        return None
    left = replace(
        query,
        parts=tuple(each for at, each in enumerate(query.parts) if at not in gone),
        spoken_filters={said: filter_ for said, filter_ in query.spoken_filters.items() if said != part},
    )
    return Understood(left, sought, closed_up(understood.excluded, gone), vector, ())


def closed_up(items: Mapping[int, Kept], gone: Set[int]) -> Mapping[int, Kept]:
    """Return *items* by their places when what stands at the places *gone* is away."""
    return {at - sum(each < at for each in gone): item for at, item in items.items() if at not in gone}
