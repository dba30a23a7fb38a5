"""What an explanation is about: a query as it was searched."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from gateway.core.explain.coalitions import vectors_of
from gateway.core.model import Content, PartVector, Retrieval
from gateway.core.parts import Understood
from gateway.core.ports import Fuser
from gateway.core.retrieving import texts
from triptych.vocabulary.choices import FusionStrategy
from triptych.vocabulary.vectors import Vector

Kept = TypeVar("Kept")


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
    """

    parts: Mapping[int, PartVector]
    contents: Mapping[int, Content]
    texts: Mapping[int, tuple[str, float]]
    vector: Vector
    fusion: FusionStrategy
    retrieval: Retrieval

    @property
    def places(self) -> tuple[int, ...]:
        """The places of the parts, ascending."""
        return tuple(sorted(self.parts))


def question(understood: Understood, asked: Retrieval) -> Question:
    """Return what is to be explained of a query for which *asked* was asked of the index."""
    contents = {place: understood.query.parts[place].content for place in understood.sought}
    return Question(
        understood.sought,
        {place: content for place, content in contents.items() if isinstance(content, Content)},
        texts(understood.query),
        understood.vector,
        understood.query.fusion,
        asked,
    )


async def without(fuser: Fuser, understood: Understood, place: int) -> Understood | None:
    """Return the query without the part at *place*; None where nothing would be looked for."""
    parts = understood.query.parts
    sought = closed_up(understood.sought, place)
    (vector,) = await vectors_of(fuser, understood.query.fusion, [sought])
    if vector is None:
        return None
    query = replace(understood.query, parts=parts[:place] + parts[place + 1 :])
    return Understood(query, sought, closed_up(understood.excluded, place), vector, ())


def closed_up(items: Mapping[int, Kept], place: int) -> Mapping[int, Kept]:
    """Return *items* by their places when what stands at *place* is gone."""
    return {at - (at > place): item for at, item in items.items() if at != place}
