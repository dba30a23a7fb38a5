"""What would be searched with if only some of the parts were there."""

from collections.abc import Mapping, Sequence

from gateway.core.explain.shapley import members
from gateway.core.model.vectors import PartVector
from gateway.core.ports.rooms import Fuser
from triptych.vocabulary.choices import FusionStrategy
from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError
from triptych.vocabulary.vectors import Vector

# What is wrong with such parts is not the caller's fault: he did not ask for them alone.
NOTHING_LEFT = frozenset({Reason.NO_POSITIVE_PART, Reason.PARTS_CANCEL})

Parts = Mapping[int, PartVector]


async def coalitions(
    fuser: Fuser, strategy: FusionStrategy, parts: Parts, players: Sequence[Sequence[int]]
) -> list[Vector | None]:
    """Return the vector of each subset but all of the *players*, by the sum of 2**i over its players i.

    Each player is one of *parts* or several, by their places.

    None where nothing would be looked for: no part of positive weight, or parts that cancel one another.
    """
    subsets = range(2 ** len(players) - 1)
    some = [
        {place: parts[place] for player in members(mask) for place in players[player]} for mask in subsets
    ]
    return await vectors_of(fuser, strategy, some)


async def vectors_of(fuser: Fuser, strategy: FusionStrategy, queries: Sequence[Parts]) -> list[Vector | None]:
    """Return what each of *queries* would be searched with, all fused in one call; None where nothing is looked for."""
    groups = {
        index: list(parts.values())
        for index, parts in enumerate(queries)
        if len(parts) > 1 and looks_for_something(parts)
    }
    fused = (await fuser.fuse(strategy, list(groups.values()))).outcomes if groups else ()
    made = dict(zip(groups, map(_or_nothing, fused), strict=True))
    return [
        made[index] if index in made else _alone(parts) if len(parts) == 1 else None
        for index, parts in enumerate(queries)
    ]


def looks_for_something(parts: Parts) -> bool:
    """Return whether there is a part of positive weight."""
    return any(part.weight > 0 for part in parts.values())


def _alone(parts: Parts) -> Vector | None:
    """Return the vector of a query of one part: as it is, not fused."""
    (part,) = parts.values()
    return part.vector if part.weight > 0 else None


def _or_nothing(outcome: Vector | TriptychError) -> Vector | None:
    if isinstance(outcome, Vector):
        return outcome
    if isinstance(outcome, InvalidArgument) and outcome.reason in NOTHING_LEFT:
        return None
    raise outcome
