"""Sounds of a query: speech becomes words and filters, every other sound is searched by its vector.

Whether somebody speaks tells a voice detector, where the request does not. Speech that was understood is searched both
by its words and by its vector, unless the words are as sure as the operator asks for to be taken alone, or a limit or
a negation was said, which a vector cannot hold. Speech of which nothing is understood is a sound like any other.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gateway.core.model.degradation import Step
from gateway.core.model.query import Content, Part, Query
from gateway.core.model.words import HeardSpeech
from gateway.core.pacing import stages
from gateway.core.pacing.pace import LeftOut, Pace
from gateway.core.ports.rooms import Interpreter
from gateway.core.understanding import Meaning, understand
from gateway.core.vocabulary import Vocabularies
from triptych.vocabulary.choices import AudioMode, Modality
from triptych.vocabulary.concurrency import side_by_side
from triptych.vocabulary.errors import FailedPrecondition, InvalidArgument, Reason, TriptychError
from triptych.vocabulary.vectors import ModelVersion

# Below this probability nobody speaks. docs/voice.md tells what lies on either side.
SOUND_BELOW = 0.3
# From here on somebody does; in between, words are never taken alone.
SPEECH_FROM = 0.8
# So sure a transcript with a limit or a denial has to be for its words to be searched alone.
LIMITS_ALONE_FROM = 0.9


@dataclass(frozen=True)
class Listened:
    """A query whose speech was turned into words and filters.

    Args:
        query: its parts say by `origin` which of the request's parts they came from.
        heard: what was made of the sounds that might be speech.
        models: that listened.
    """

    query: Query
    heard: tuple[HeardSpeech, ...] = ()
    models: tuple[ModelVersion, ...] = ()


@dataclass(frozen=True)
class _Outcome:
    """What became of one sound; *filter* holds where the part says what to look for."""

    heard: HeardSpeech
    filter: str = ""
    model: ModelVersion | None = None


@dataclass(frozen=True)
class Listener:
    """Listens to the sounds of queries.

    Args:
        words_alone_confidence: of a transcript that is surer, AUTO searches with the words alone; 1 is never.
    """

    interpreter: Interpreter
    vocabularies: Vocabularies
    words_alone_confidence: float = 1.0

    async def listen(self, query: Query, pace: Pace) -> Listened:
        """Return *query* with what its sounds say.

        Raises:
            InvalidArgument: a sound cannot be read; SPEECH_NOT_UNDERSTOOD, where it has to be speech.
            FailedPrecondition: MODEL_NOT_SERVED, the pack transcribes nothing and a part asks for it.
            NotFound: the catalogue does not exist.
            Unavailable, DeadlineExceeded: a room does not answer, or not in time.
        """
        sounds = {
            place: part
            for place, part in enumerate(query.parts)
            if is_sound(part) and part.audio_mode is not AudioMode.SOUND
        }
        if not sounds:
            return Listened(query)
        with pace.stage("listen"):
            outcomes = await side_by_side([self._hear_in_time(query, place, pace) for place in sounds])
        by_place = dict(zip(sounds, outcomes, strict=True))
        parts = tuple(
            made
            for place, part in enumerate(query.parts)
            for made in parts_of(part, place, by_place.get(place))
        )
        wanted = {
            place: each.filter
            for place, each in by_place.items()
            if each.filter and query.parts[place].is_wanted
        }
        return Listened(
            replace(query, parts=parts, spoken_filters=wanted),
            tuple(each.heard for each in outcomes),
            tuple(each.model for each in outcomes if each.model is not None),
        )

    async def _hear_in_time(self, query: Query, place: int, pace: Pace) -> _Outcome:
        """Return what is made of a sound; one of which the request leaves open what it is, is a sound if there is no time."""
        if query.parts[place].audio_mode is not AudioMode.AUTO:
            return await pace.measured(stages.LISTEN, lambda: self._hear(query, place))
        keep = (stages.encode(Modality.AUDIO), stages.fuse(query.fusion), stages.SEARCH_HURRIED)
        try:
            return await pace.attempt(stages.LISTEN, lambda: self._hear(query, place), keep)
        except LeftOut as left_out:
            pace.leave_out(Step.SPEECH, left_out.cause, place)
            return _Outcome(HeardSpeech(place, AudioMode.SOUND, None))

    async def _hear(self, query: Query, place: int) -> _Outcome:
        part = query.parts[place]
        assert isinstance(part.content, Content)
        try:
            return await self._outcome(query, place, part, part.content)
        except (InvalidArgument, FailedPrecondition) as error:
            _, _, inner = error.field.partition(".")
            raise error.at(f"{part.content.field}.{inner}" if inner else part.content.field) from error

    async def _outcome(self, query: Query, place: int, part: Part, content: Content) -> _Outcome:
        is_open, probability = part.audio_mode is AudioMode.AUTO, None
        if is_open:
            probability = await self.interpreter.detect_speech(content.media)
        as_sound = _Outcome(HeardSpeech(place, AudioMode.SOUND, probability))
        if probability is not None and probability < SOUND_BELOW:
            return as_sound
        try:
            said = await self.interpreter.transcribe(content.media)
        except (InvalidArgument, FailedPrecondition):
            # The pack does not transcribe, or takes shorter sounds for it than for a vector.
            if is_open:
                return as_sound
            raise
        if not said.text and part.audio_mode is AudioMode.SPEECH:
            raise not_understood(said.confidence)
        if not said.text and not said.slots:
            return _Outcome(replace(as_sound.heard, confidence=said.confidence), model=said.model)
        meaning = understand(said.text, said.slots, await self.vocabularies.of(query.catalog))
        mode, words = AudioMode.SOUND, ""
        if said.text:
            sure = (probability or 0.0) >= SPEECH_FROM and said.confidence > self.words_alone_confidence
            # The vector of a sound in which "not blue" is said is near what is blue.
            limited = bool(meaning.filter and meaning.words) and said.confidence >= LIMITS_ALONE_FROM
            alone = sure or limited
            mode = (AudioMode.SPEECH if alone else AudioMode.BOTH) if is_open else part.audio_mode
            mode, words = _searched(mode, meaning, said.text, has_others=has_others(query))
        heard = HeardSpeech(place, mode, probability, said.text, said.confidence, meaning.constraints, words)
        return _Outcome(heard, meaning.filter, said.model)


def _searched(mode: AudioMode, meaning: Meaning, text: str, *, has_others: bool) -> tuple[AudioMode, str]:
    """Return the mode and the words to search with.

    "The same but under twenty" leaves no words: beside a photo it is a filter and nothing else; alone it is searched by
    its vector, or by all of its words where that was not asked for.
    """
    if meaning.words:
        return mode, meaning.words
    if has_others:
        return AudioMode.SPEECH, ""
    return mode, text if mode is AudioMode.SPEECH else ""


def parts_of(part: Part, place: int, outcome: _Outcome | None) -> Iterator[Part]:
    """Yield what the part at *place* becomes: a sound, words, both or nothing. Both share its weight."""
    mode = outcome.heard.mode if outcome else AudioMode.SOUND
    words = outcome.heard.words if outcome else ""
    share = part.weight / 2 if mode is AudioMode.BOTH and words else part.weight
    if mode is not AudioMode.SPEECH:
        yield replace(part, weight=share, origin=place)
    if words:
        assert isinstance(part.content, Content)
        content = Content(Modality.TEXT, part.content.field, text=words)
        yield replace(part, content=content, weight=share, origin=place)


def whole_filter(query: Query) -> str:
    """Return all that has to hold: what was written, and what was said."""
    return joined(query.filter, *query.spoken_filters.values())


def joined(*filters: str) -> str:
    """Return filters that all have to hold as one; AND and OR are not mixed without parentheses."""
    held = [each for each in filters if each.strip()]
    if len(held) == 1:
        return held[0]
    return " AND ".join(f"({each})" if re.search(r"\bOR\b", each) else each for each in held)


def is_sound(part: Part) -> bool:
    """Return whether *part* holds a sound."""
    return isinstance(part.content, Content) and part.content.modality is Modality.AUDIO


def has_others(query: Query) -> bool:
    """Return whether anything but sounds says what to look for."""
    return any(part.is_wanted and not is_sound(part) for part in query.parts)


def not_understood(confidence: float) -> TriptychError:
    """Return the error for a sound that has to be speech and of which nothing was understood."""
    return InvalidArgument(
        "Nothing that is said was understood; AUDIO_MODE_AUTO searches by the sound then.",
        reason=Reason.SPEECH_NOT_UNDERSTOOD,
        metadata={"confidence": f"{confidence:.2f}"},
    )
