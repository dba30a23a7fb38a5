"""What a product remembers of the writes that made it: when each field was set, and by which requests.

Every field is a register of its own in which the later write wins, whichever arrives first (Shapiro, Preguiça, Baquero and
Zawirski, 2011, section 3.2.1): writes that bear distinct times leave the same product in whatever order they come. A write
without a time counts as the newest, and leaves no time: whatever comes next follows it.

Times are the shop's own, in nanoseconds since 1970. No clock is asked.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# The path of the whole product: the parent of every other.
WHOLE = ""

# So many requests are remembered: enough for every retry of a client that has a few of them under way.
REQUESTS_MAX = 8

# So many fields have times of their own: more than a product has, since attributes that are gone have them too. Beyond,
# the oldest are forgotten.
FIELDS_MAX = 128


@dataclass(frozen=True)
class History:
    """The history of a stored product.

    Args:
        etag: changes with what is stored.
        time: of the last write of the whole; None where it had none.
        fields: the times of fields, by their paths, that were set after that; None where such a write had none.
        requests: what wrote it, the latest last.
    """

    etag: str = ""
    time: int | None = None
    fields: Mapping[str, int | None] = field(default_factory=dict)
    requests: tuple[str, ...] = ()

    @property
    def latest(self) -> int | None:
        """The latest time of all; None where none is known."""
        known = [each for each in (self.time, *self.fields.values()) if each is not None]
        return max(known, default=None)

    def time_of(self, path: str) -> int | None:
        """Return the time of the field at *path*; None where the write that set it had none."""
        while path != WHOLE:
            if path in self.fields:
                return self.fields[path]
            path = parent(path)
        return self.time


@dataclass(frozen=True)
class Outcome:
    """What a write does to the fields that it names.

    Args:
        taken: the paths that it sets.
        kept: the paths below those that it leaves as they are, and the others that it does not set: they are newer.
        history: afterwards.
    """

    taken: tuple[str, ...]
    kept: tuple[str, ...]
    history: History


def outcome(history: History, paths: Iterable[str], time: int | None) -> Outcome:
    """Return what a write of *paths* at *time* does to a product of that *history*."""
    named = set(paths)
    roots = sorted(each for each in named if not any(is_below(each, other) for other in named))
    taken = tuple(each for each in roots if not _is_older(time, history.time_of(each)))
    kept = [each for each in roots if each not in taken]
    fields: dict[str, int | None] = {}
    for path, known in history.fields.items():
        covering = [each for each in taken if path == each or is_below(path, each)]
        if not covering:
            fields[path] = known
        elif path not in taken and _is_older(time, known):
            fields[path] = known
            kept.append(path)
    fields |= {each: time for each in taken if each != WHOLE}
    after = History("", time if WHOLE in taken else history.time, _latest(fields), history.requests)
    return Outcome(taken, tuple(each for each in sorted(kept) if each != WHOLE), after)


def with_request(requests: tuple[str, ...], request: str) -> tuple[str, ...]:
    """Return *requests* with the latest one; "" is none."""
    return (*requests, request)[-REQUESTS_MAX:] if request else requests


def parent(path: str) -> str:
    """Return the path that holds *path*: that of "attributes.colour" is "attributes", that of "price" the whole."""
    return path.partition(".")[0] if "." in path else WHOLE


def is_below(path: str, other: str) -> bool:
    """Return whether *path* is part of *other*, and not the same."""
    return path != other and (other == WHOLE or parent(path) == other)


def packed(history: History) -> str:
    """Return *history* as text."""
    kept = [history.etag, history.time, dict(history.fields), list(history.requests)]
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def unpacked(text: str) -> History:
    """Return the history that was packed; an empty one of "", which other rows than records have."""
    if not text:
        return History()
    etag, time, fields, requests = json.loads(text)
    return History(etag, time, fields, tuple(requests))


def _is_older(time: int | None, known: int | None) -> bool:
    return time is not None and known is not None and time < known


def _latest(fields: Mapping[str, int | None]) -> dict[str, int | None]:
    # Those without a time keep nobody from writing: they go first.
    order = sorted(fields, key=lambda each: (fields[each] is not None, fields[each] or 0, each))
    return {each: fields[each] for each in sorted(order[-FIELDS_MAX:])}
