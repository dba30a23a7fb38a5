"""How far sentences agree on what is meant, slot by slot."""

from collections.abc import Sequence

from training.speech.grammar import Slots


def shares(meanings: Sequence[tuple[Slots | None, float]], meant: Slots | None) -> dict[str, float]:
    """Return by slot the weight of those of *meanings* that have there what *meant* has, or nothing as it has nothing.

    Without any slot, "" has the weight of those that mean anything at all; *meant* that is nothing agrees with none.
    """
    if meant is None:
        return {"": 0.0}
    names = {name for each, _ in meanings if each is not None for name in each} or {""}
    return {
        name: sum(
            weight for each, weight in meanings if each is not None and each.get(name) == meant.get(name)
        )
        for name in names
    }
