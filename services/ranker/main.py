"""The ranker service, put together: settings → model → rankers → servicer → server."""

from contextlib import AsyncExitStack

from services.ranker.adapters.triton import TritonRankingModel
from services.ranker.core.diverse import DiverseRanker
from services.ranker.core.networks import LEARNED, LearnedRanker, Networks, NoRankingModel
from services.ranker.core.ordering import Ordering
from services.ranker.core.ports import Ranker, RankingModel
from services.ranker.core.similarity import SimilarityRanker
from services.ranker.service import RankerServicer
from services.ranker.settings import RankerSettings
from triptych.internal.v1.ranker_service_pb2_grpc import add_RankerServiceServicer_to_server
from triptych.runtime.serve import Room, Service, run
from triptych.runtime.triton import open_triton
from triptych.vocabulary.choices import RankingStrategy


def rankers_of(networks: Networks) -> dict[RankingStrategy, Ranker]:
    """Return the ranker of each strategy: the one place where the two meet."""
    return {
        RankingStrategy.SIMILARITY: SimilarityRanker(),
        RankingStrategy.DIVERSE: DiverseRanker(),
        **{strategy: LearnedRanker(networks, strategy) for strategy in LEARNED},
    }


def room_of(model: RankingModel) -> Room:
    """Return the room that ranks, with the networks of *model* where it is asked for them."""
    networks = Networks(model)
    service = Service(
        "triptych.internal.v1.RankerService",
        add_RankerServiceServicer_to_server,
        RankerServicer(Ordering(rankers_of(networks)), networks),
    )
    return Room("ranker", (service,), warm_up=networks.warm_up, check=networks.check)


def build(stack: AsyncExitStack, settings: RankerSettings) -> Room:
    """Return the ranker room; what it opens closes with *stack*."""
    if not settings.triton_url:
        return room_of(NoRankingModel())
    client = open_triton(settings.triton_url, settings.triton_tls)
    stack.push_async_callback(client.close)
    return room_of(TritonRankingModel(client, settings.triton_model))


def main() -> None:
    """Serve until SIGTERM."""
    run("ranker", RankerSettings, build)


if __name__ == "__main__":
    main()
