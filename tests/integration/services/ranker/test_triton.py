"""The shipped pack's ranking networks, in a real Triton, through the real room."""

import asyncio
from pathlib import Path

import pytest

from services.ranker.adapters.triton import TritonRankingModel
from services.ranker.main import room_of
from services.ranker.settings import RankerSettings
from training.ranking.demo import FEATURES
from triptych.internal.v1.ranker_service_pb2 import Candidate, ListStrategiesRequest, RankRequest
from triptych.internal.v1.ranker_service_pb2_grpc import RankerServiceStub
from triptych.runtime.channels import open_channel
from triptych.runtime.serve import serving
from triptych.runtime.triton import open_triton
from triptych.vocabulary.choices import RankingStrategy

LEARNED = (RankingStrategy.RANKNET, RankingStrategy.LISTNET, RankingStrategy.LEARNED)
NAN = float("nan")


@pytest.fixture(scope="module")
async def client(triton):
    async with open_triton(triton) as client:
        yield client


@pytest.fixture(scope="module")
async def ranker(client):
    settings = RankerSettings(port=0, metrics_port=0, drain_ms=0)
    room = room_of(TritonRankingModel(client, "ranker"))
    async with serving(room, settings) as running, open_channel(running.address) as channel:
        async with asyncio.timeout(10):
            await channel.channel_ready()
        yield RankerServiceStub(channel)


def request(strategy, names, **features) -> RankRequest:
    """Candidates of which each has one list of values."""
    candidates = [Candidate(id=name, score=0, features=values) for name, values in features.items()]
    return RankRequest(strategy=strategy, features=names, candidates=candidates, limit=10)


async def test_offer(ranker):
    """The demonstration pack has all three networks, over features that the gateway knows."""
    offer = await ranker.ListStrategies(ListStrategiesRequest())

    assert [1, 2, 3, 4, 5] == list(offer.strategies)
    assert list(FEATURES) == list(offer.features)


@pytest.mark.parametrize("strategy", LEARNED)
async def test_similar_first(ranker, strategy):
    """What is more alike in every space comes first; the network is named."""
    names = ["similarity_fused", "similarity_text", "similarity_image"]

    response = await ranker.Rank(request(strategy, names, far=[0.1, 0.1, 0.1], near=[0.8, 0.8, 0.8]))

    assert [1, 0] == [each.index for each in response.ranked]
    assert response.ranked[0].score > response.ranked[1].score
    assert [("ranker", "1", "")] == [(each.name, each.version, each.space) for each in response.models]


@pytest.mark.parametrize("strategy", LEARNED)
async def test_names_decide(ranker, strategy):
    """Features go by name: their order, and names that the network does not know, change nothing."""
    names = ["similarity_fused", "similarity_text", "log_price"]
    expected = await ranker.Rank(request(strategy, names, a=[0.5, 0.4, 3], b=[0.6, 0.1, NAN]))

    other = await ranker.Rank(
        request(strategy, ["colour", *names[::-1]], a=[7, 3, 0.4, 0.5], b=[NAN, NAN, 0.1, 0.6])
    )

    assert expected == other


async def test_many(ranker):
    """A thousand candidates are scored at once, and unknown features are no obstacle."""
    candidates = {f"p{at:04d}": [at / 1000] for at in range(1000)}

    response = await ranker.Rank(request(RankingStrategy.LEARNED, ["similarity_fused"], **candidates))

    assert 10 == len(response.ranked)
    assert all(each.index > 500 for each in response.ranked)


async def test_a_pack_without_the_model(client):
    """Where Triton serves no model of that name, the pack has no ranking network."""
    assert await TritonRankingModel(client, "no-such-ranker").facts() is None


def test_small():
    """The model is a few kilobytes: it costs a pack nothing to carry it."""
    folder = Path(__file__).parents[4] / "triton" / "model_repository" / "ranker"

    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 100_000
