"""The words of explanations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum

from triptych.vocabulary.choices import Modality
from triptych.vocabulary.media import Box


class Stage(IntEnum):
    """Where a contribution comes from; the numbers are those of Contribution.Stage."""

    VECTOR = 1
    LEXICAL = 2
    BOOST = 3
    RANKING = 4


@dataclass(frozen=True)
class Contribution:
    """What something adds to a product's score.

    Args:
        value: negative where it takes away.
        part: the place of the part of the query; None where it belongs to none.
        boost: the name of a boost.
    """

    stage: Stage
    value: float
    part: int | None = None
    boost: str = ""


@dataclass(frozen=True)
class Counterfactual:
    """The place, from 1, at which a product would stand without a *part*.

    None where it would not be among the first, or where nothing would be looked for.
    """

    part: int
    rank: int | None


@dataclass(frozen=True)
class WordImportance:
    """By how much a product is less like the query when a *word* of a *part* is left out."""

    part: int
    word: str
    importance: float


@dataclass(frozen=True)
class RegionImportance:
    """By how much a product is less like the query when a *region* of a *part*'s picture is covered."""

    part: int
    region: Box
    importance: float


@dataclass(frozen=True)
class Explanation:
    """Why a product stands where it does. The contributions add up to its score.

    Args:
        contributions: of each part and each stage.
        modalities: the sums over the parts of each modality.
        counterfactuals: one per part.
        words: as they stand in the query.
        regions: most important first.
    """

    contributions: tuple[Contribution, ...]
    modalities: Mapping[Modality, float]
    counterfactuals: tuple[Counterfactual, ...] = ()
    words: tuple[WordImportance, ...] = ()
    regions: tuple[RegionImportance, ...] = ()

    def renumbered(self, origin: Callable[[int], int]) -> "Explanation":
        """Return the same with the places of parts as *origin* gives them; those of counterfactuals are so already.

        What a part of the request became may be two: their contributions stay apart, and add up.
        """
        return replace(
            self,
            contributions=tuple(
                each if each.part is None else replace(each, part=origin(each.part))
                for each in self.contributions
            ),
            words=tuple(replace(each, part=origin(each.part)) for each in self.words),
            regions=tuple(replace(each, part=origin(each.part)) for each in self.regions),
        )
