"""The ranker service, put together: settings → rankers → servicer → server."""

from contextlib import AsyncExitStack

from services.ranker.core.diverse import DiverseRanker
from services.ranker.core.ordering import Ordering
from services.ranker.core.ports import Ranker
from services.ranker.core.similarity import SimilarityRanker
from services.ranker.service import RankerServicer
from services.ranker.settings import RankerSettings
from triptych.internal.v1.ranker_service_pb2_grpc import add_RankerServiceServicer_to_server
from triptych.runtime.serve import Room, Service, run
from triptych.vocabulary.choices import RankingStrategy

# The one place where a strategy meets its ranker.
RANKERS: dict[RankingStrategy, Ranker] = {
    RankingStrategy.SIMILARITY: SimilarityRanker(),
    RankingStrategy.DIVERSE: DiverseRanker(),
}


async def nothing_to_wait_for() -> None:
    """Warm up and check: these rankers depend on nothing outside."""


def room_of(rankers: dict[RankingStrategy, Ranker]) -> Room:
    """Return the room that ranks with *rankers*."""
    service = Service(
        "triptych.internal.v1.RankerService",
        add_RankerServiceServicer_to_server,
        RankerServicer(Ordering(rankers)),
    )
    return Room("ranker", (service,), warm_up=nothing_to_wait_for, check=nothing_to_wait_for)


def main() -> None:
    """Serve until SIGTERM."""

    def build(stack: AsyncExitStack) -> Room:  # noqa: ARG001 - nothing to close
        return room_of(RANKERS)

    run("ranker", RankerSettings(), build)


if __name__ == "__main__":
    main()
