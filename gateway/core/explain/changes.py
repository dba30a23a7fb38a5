"""The query changed a little: without a word, or with a region of a picture covered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.core.explain import grid
from gateway.core.explain.coalitions import vectors_of
from gateway.core.explain.question import Question
from gateway.core.explain.words import words_of
from gateway.core.model.query import Content
from gateway.core.ports.rooms import Encoder, Fuser
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.media import Box, Focus
from triptych.vocabulary.vectors import Vector


@dataclass(frozen=True)
class Change:
    """Something that is taken out of a *part*: a *word* or, where that is empty, a *region* of its picture.

    *content* is what is left of the part; None where nothing is.
    """

    part: int
    content: Content | None
    word: str = ""
    region: Box | None = None


def changes(question: Question) -> list[Change]:
    """Return what can be taken out, in the order of the parts, of their words and of the cells of the grid."""
    return [
        change
        for place in question.places
        if place in question.contents
        for change in _of_part(place, question.contents[place])
    ]


async def changed(
    encoder: Encoder, fuser: Fuser, question: Question, wanted: Sequence[Change]
) -> list[Vector | None]:
    """Return what would be searched with after each change: one encoding and one fusion for all.

    None where nothing would be looked for.
    """
    contents = [change.content for change in wanted if change.content]
    encoded = iter((await encoder.encode(contents)).outcomes if contents else ())
    queries = []
    for change in wanted:
        parts = dict(question.parts)
        if change.content is None:
            del parts[change.part]
        else:
            parts[change.part] = replace(parts[change.part], vector=_required(next(encoded)))
        queries.append(parts)
    return await vectors_of(fuser, question.fusion, queries)


def _of_part(place: int, content: Content) -> list[Change]:
    if content.modality is Modality.TEXT:
        return [
            Change(place, replace(content, text=rest) if rest else None, word=word)
            for word, rest in words_of(content.text)
        ]
    if content.modality is Modality.IMAGE:
        return [
            Change(
                place,
                replace(content, focus=Focus(content.focus.region, cell)),
                region=grid.in_picture(cell, content.focus),
            )
            for cell in grid.cells()
        ]
    return []


def _required(outcome: Vector | TriptychError) -> Vector:
    if isinstance(outcome, TriptychError):
        raise outcome
    return outcome
