"""The verb of the room: candidates in, order out, by the ranker that the strategy names."""

from collections.abc import Mapping, Sequence

from services.ranker.core.ports import Candidate, Ranked, Ranker, Wish
from triptych.vocabulary.choices import RankingStrategy
from triptych.vocabulary.errors import InvalidArgument, Reason


class Ordering:
    """Ranks by any strategy in *rankers*."""

    def __init__(self, rankers: Mapping[RankingStrategy, Ranker]) -> None:
        self._rankers = rankers

    @property
    def strategies(self) -> frozenset[RankingStrategy]:
        """Those that have a ranker."""
        return frozenset(self._rankers)

    async def rank(
        self, strategy: RankingStrategy, candidates: Sequence[Candidate], wish: Wish
    ) -> list[Ranked]:
        """Return the best candidates, best first; fewer than the limit when there are fewer.

        Raises:
            InvalidArgument: DUPLICATE_ID, a strategy that is not served, or what the ranker lacks.
            FailedPrecondition, Unavailable, DeadlineExceeded: as the strategy's `Ranker.rank` does.
        """
        if strategy not in self._rankers:
            served = ", ".join(sorted(known.name for known in self._rankers))
            raise InvalidArgument(
                f"The strategy {strategy.name} is not served; {served} are.",
                reason=Reason.FIELD_INVALID,
                field="strategy",
            )
        check_distinct(candidates)
        return await self._rankers[strategy].rank(candidates, wish)


def check_distinct(candidates: Sequence[Candidate]) -> None:
    """Check that no id occurs twice.

    Raises:
        InvalidArgument: one does; the field names its second place.
    """
    seen: set[str] = set()
    for index, candidate in enumerate(candidates):
        if candidate.id in seen:
            raise InvalidArgument(
                f'The id "{candidate.id}" occurs twice; candidates are distinct.',
                reason=Reason.DUPLICATE_ID,
                field=f"candidates[{index}].id",
                metadata={"id": candidate.id},
            )
        seen.add(candidate.id)
