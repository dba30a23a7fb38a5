"""What is seen in a picture and heard in a sound, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from triptych.vocabulary.choices import AudioMode
from triptych.vocabulary.vectors import ModelVersion


@dataclass(frozen=True)
class Description:
    """What a picture shows, in a sentence; how sure the model is, 0 to 1."""

    text: str
    confidence: float
    model: ModelVersion


@dataclass(frozen=True)
class Transcript:
    """What was said; how sure the model is, 0 to 1; what of it the pack's grammar gives a name."""

    text: str
    confidence: float
    slots: Mapping[str, str]
    model: ModelVersion


class Operator(IntEnum):
    """How a constraint is meant; the numbers are those of Constraint.Operator."""

    IS = 1
    IS_NOT = 2
    AT_MOST = 3
    AT_LEAST = 4


@dataclass(frozen=True)
class Constraint:
    """Something understood, such as price, AT_MOST, "50"; *filter* says the same as a filter, "" where there is none."""

    name: str
    value: str
    operator: Operator
    filter: str = ""


@dataclass(frozen=True)
class HeardSpeech:
    """What was made of a sound.

    Args:
        part: its place in the request.
        mode: SPEECH, SOUND or BOTH.
        probability: that somebody speaks, where that was asked.
        transcript: "" where nothing was understood.
        words: that were searched with.
    """

    part: int
    mode: AudioMode
    probability: float | None = None
    transcript: str = ""
    confidence: float = 0.0
    constraints: tuple[Constraint, ...] = ()
    words: str = ""
