"""Words that the catalogue does not know: others are suggested, or searched with."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.core.model.answer import Suggestion
from gateway.core.model.query import Content, Query
from gateway.core.model.retrieval import Hits, Retrieval
from gateway.core.ports.rooms import Index
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.concurrency import side_by_side


@dataclass(frozen=True)
class Speller:
    """Knows the words of catalogues."""

    index: Index

    async def corrections(self, query: Query) -> Mapping[int, str]:
        """Return other words for the texts that are looked for, by place among the parts; none for known words."""
        texts = {
            place: part.content.text
            for place, part in enumerate(query.parts)
            if part.is_wanted and isinstance(part.content, Content) and part.content.modality is Modality.TEXT
        }
        corrected = await side_by_side([self.index.corrected(query.catalog, text) for text in texts.values()])
        return {
            place: better
            for (place, text), better in zip(texts.items(), corrected, strict=True)
            if better and better != text
        }


def with_words(query: Query, corrections: Mapping[int, str]) -> Query:
    """Return *query* with other words."""
    return replace(
        query,
        parts=tuple(
            replace(part, content=replace(part.content, text=corrections[place]))
            if place in corrections and isinstance(part.content, Content)
            else part
            for place, part in enumerate(query.parts)
        ),
    )


def suggestion(query: Query, corrections: Mapping[int, str], *, applied: bool) -> Suggestion | None:
    """Return the other words for the text that weighs most."""
    if not corrections:
        return None
    place = min(corrections, key=lambda at: (-query.parts[at].weight, corrections[at]))
    return Suggestion(corrections[place], applied)


def found_by_words(retrieval: Retrieval, found: Hits) -> bool:
    """Return whether any product has any of the words; True also where they did not count."""
    if not retrieval.texts or not retrieval.lexical_weight:
        return True
    return any(hit.exact_match or hit.lexical for hit in found.hits)
