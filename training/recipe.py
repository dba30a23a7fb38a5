"""Everything that decides what the demonstration pack becomes, on one screen."""

from dataclasses import dataclass, field, replace
from typing import Any

from training.loop import Schedule

STAGES = ("text", "image", "audio", "fusion")


@dataclass(frozen=True)
class Recipe:
    """The defaults take about 40 minutes on two idle cores."""

    seed: int = 7
    vocabulary_max: int = 1500
    texts: int = 24_000
    views: int = 8
    utterances: int = 24_000
    script_seed: int = 3
    prototype_scale: float = 16.0
    text: Schedule = field(default_factory=lambda: Schedule(steps=700, batch=128, learning_rate=2e-3))
    image: Schedule = field(default_factory=lambda: Schedule(steps=3000, batch=64, learning_rate=3e-3))
    audio: Schedule = field(default_factory=lambda: Schedule(steps=2800, batch=64, learning_rate=1.5e-3))
    fusion: Schedule = field(default_factory=lambda: Schedule(steps=1500, batch=256, learning_rate=1e-3))


# What the dev split must reach, so that a change that breaks learning is noticed here and not by shoppers.
FLOORS = {
    "text_en in fused": 0.95,
    "text_zh in fused": 0.90,
    "photo in image": 0.90,  # as the gateway searches for a photo
    "voice in fused": 0.85,
    "composed by learned": 0.80,
    "photo_text_voice by learned": 0.80,
}


def scaled(recipe: Recipe, effort: float) -> Recipe:
    """Return the recipe with *effort* times the steps of every stage."""
    shorter: dict[str, Any] = {name: _with_effort(getattr(recipe, name), effort) for name in STAGES}
    return replace(recipe, **shorter)


def _with_effort(schedule: Schedule, effort: float) -> Schedule:
    return replace(schedule, steps=max(1, round(schedule.steps * effort)))
