"""Test queries with their right answers."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from types import MappingProxyType

from training.demo.items import Combination, Item
from training.demo.items import items as demo_items
from training.demo.texts import query_text
from training.demo.vocabulary import ATTRIBUTES
from training.demo.voices import VOICES

KINDS = ("text_en", "text_zh", "photo", "voice", "composed", "photo_text_voice")
FIRST_QUERY_VIEW = 1000
# In a small catalogue a product may have no neighbour; in a very small one none has.
TRIES = 10_000
ALL_NAMED_SHARE = 0.6
CHINESE_VOICE_SHARE = 0.1
CHINESE_CHANGE_SHARE = 0.3

_NAMES = ("category", "colour", "pattern", "material")
# Colour is what shoppers change most; a combination may have no neighbour in it, then the next one is tried.
_CHANGED = ("colour", "colour", "colour", "pattern", "material")


class CatalogueTooSmall(ValueError):
    """No query of the kind can be made from so few products."""


@dataclass(frozen=True)
class Query:
    """One test query; right products have every value in *wanted*.

    *text* is typed, or said by *voice* in the kind "voice". In "photo_text_voice" the text names what differs from the
    photo and *spoken* is what the voice says besides. *photo_of* is an item id, *photo_view* a view never trained on.
    """

    id: str
    kind: str
    language: str
    text: str
    voice: str
    photo_of: str
    photo_view: int
    wanted: Mapping[str, str]
    spoken: str = ""


@dataclass(frozen=True)
class _Pool:
    """What queries of one split are drawn from: its items, and one item per combination of the whole catalogue."""

    split: str
    members: tuple[Item, ...]
    by_combination: Mapping[Combination, tuple[Item, ...]]


def queries(
    split: str, kind: str, count: int = 300, seed: int = 11, *, catalogue: Sequence[Item] | None = None
) -> list[Query]:
    """Return *count* queries of one kind whose wanted products belong to *split* of the (default) catalogue.

    Raises CatalogueTooSmall when the split is empty or, for changed photos, when no two products are neighbours.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; there are {', '.join(KINDS)}")
    pool = _pool(split, tuple(demo_items() if catalogue is None else catalogue))
    rng = random.Random(f"{split} {kind} {seed}")
    return [_query(f"{split}-{kind}-{number:04d}", kind, pool, rng) for number in range(count)]


def right(query: Query, items: Sequence[Item]) -> set[str]:
    """Return the ids of the products that have everything in *query.wanted*."""
    wanted_values = attrgetter(*query.wanted, "split")
    wanted = tuple(query.wanted.values())
    return {item.id for item in items if wanted_values(item)[:-1] == wanted}


@lru_cache(maxsize=8)
def _pool(split: str, catalogue: tuple[Item, ...]) -> _Pool:
    members = tuple(item for item in catalogue if item.split == split)
    if not members:
        raise CatalogueTooSmall(f"no product belongs to {split!r}")
    by_combination: dict[Combination, list[Item]] = {}
    for item in catalogue:
        by_combination.setdefault(item.combination, []).append(item)
    return _Pool(split, members, {key: tuple(value) for key, value in by_combination.items()})


def _query(name: str, kind: str, pool: _Pool, rng: random.Random) -> Query:
    if kind in ("composed", "photo_text_voice"):
        return _changed_photo(name, kind, pool, rng)
    item = rng.choice(pool.members)
    if kind == "photo":
        return _make(name, kind, wanted=_attributes(item), photo_of=item.id, photo_view=_view(rng))
    wanted = _named(item, rng)
    language = "zh" if kind == "text_zh" else "en"
    if kind == "voice" and rng.random() < CHINESE_VOICE_SHARE:
        language = "zh"
    text = query_text(wanted, language, rng)
    if kind == "voice":
        return _make(
            name, kind, wanted=wanted, language=language, text=_sayable(text), voice=_voice(language, rng)
        )
    return _make(name, kind, wanted=wanted, language=language, text=text)


def _changed_photo(name: str, kind: str, pool: _Pool, rng: random.Random) -> Query:
    """Photograph a neighbour of a wanted product: one that differs in a single attribute."""
    wanted, changed, pictured = _neighbours(pool, rng)
    attributes = _attributes(wanted)
    language = "zh" if rng.random() < CHINESE_CHANGE_SHARE else "en"
    text = query_text({changed: attributes[changed]}, language, rng)
    voice, spoken = "", ""
    if kind == "photo_text_voice":
        kept = rng.choice([attribute for attribute in ATTRIBUTES if attribute != changed])
        voice = _voice("en", rng)
        spoken = _sayable(query_text({"category": attributes["category"], kept: attributes[kept]}, "en", rng))
    return _make(
        name, kind, wanted=attributes, language=language, text=text, voice=voice, spoken=spoken,
        photo_of=pictured.id, photo_view=_view(rng),
    )  # fmt: skip


def _neighbours(pool: _Pool, rng: random.Random) -> tuple[Item, str, Item]:
    """Return a wanted item of the split, the attribute to change, and an item (of the split, if any) to photograph."""
    for _ in range(TRIES):
        wanted = rng.choice(pool.members)
        changed = rng.choice(_CHANGED)
        pictured = _differing(wanted, changed, pool)
        if pictured:
            same_split = [item for item in pictured if item.split == pool.split]
            return wanted, changed, rng.choice(same_split or pictured)
    raise CatalogueTooSmall("the catalogue is too small: no two products differ in a single attribute")


def _differing(wanted: Item, changed: str, pool: _Pool) -> list[Item]:
    attributes = _attributes(wanted)
    values = [value for value in ATTRIBUTES[changed] if value != attributes[changed]]
    others = [{**attributes, changed: value} for value in values]
    return [
        item
        for other in others
        for item in pool.by_combination.get(
            (other["category"], other["colour"], other["pattern"], other["material"]), ()
        )
    ]


def _named(item: Item, rng: random.Random) -> Mapping[str, str]:
    """Return the category and all three attributes, or two of them."""
    names = list(ATTRIBUTES)
    if rng.random() >= ALL_NAMED_SHARE:
        names = rng.sample(names, 2)
    return {name: value for name, value in _attributes(item).items() if name == "category" or name in names}


def _attributes(item: Item) -> dict[str, str]:
    return dict(zip(_NAMES, item.combination, strict=True))


def _view(rng: random.Random) -> int:
    return rng.randrange(FIRST_QUERY_VIEW, FIRST_QUERY_VIEW * 10)


def _sayable(text: str) -> str:
    """Return lower case: capitals sound like spelling to a synthetic voice."""
    return text.lower()


def _voice(language: str, rng: random.Random) -> str:
    return rng.choice([voice.name for voice in VOICES if voice.language == language])


def _make(
    name: str,
    kind: str,
    *,
    wanted: Mapping[str, str],
    language: str = "",
    text: str = "",
    voice: str = "",
    spoken: str = "",
    photo_of: str = "",
    photo_view: int = 0,
) -> Query:
    return Query(
        name, kind, language, text, voice, photo_of, photo_view, MappingProxyType(dict(wanted)), spoken
    )
