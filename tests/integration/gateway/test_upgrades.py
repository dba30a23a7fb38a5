"""A model upgrade through the gateway: the real search room, two packs of fakes, and customers who never stop."""

import asyncio
import contextlib
import functools
from dataclasses import dataclass, replace

import grpc
import numpy as np
import pytest
from fakes import FakeEncoder, FakeFuser

from gateway import main, main_rooms, main_upgrades
from gateway.core.upgrade import worker
from gateway.settings import GatewaySettings
from services.ranker.core.networks import NoRankingModel
from services.ranker.main import room_of as ranker_room_of
from services.search.adapters.in_memory import InMemoryIndex
from services.search.adapters.in_memory_lexical import InMemoryFieldIndex, InMemoryLexicalIndex
from services.search.main import room_of as search_room_of
from triptych.runtime.channels import open_channel
from triptych.runtime.errors import from_rpc_error
from triptych.runtime.serve import serving
from triptych.runtime.settings import ServerSettings
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import feedback_service_pb2 as feedback_pb
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import upgrade_service_pb2 as pb
from triptych.v1.catalog_service_pb2_grpc import CatalogServiceStub
from triptych.v1.feedback_service_pb2_grpc import FeedbackServiceStub
from triptych.v1.product_search_service_pb2_grpc import ProductSearchServiceStub
from triptych.v1.types_pb2 import Product
from triptych.v1.upgrade_service_pb2_grpc import UpgradeServiceStub
from triptych.vocabulary.errors import InvalidArgument, Reason, Unavailable
from triptych.vocabulary.vectors import Space, Vector

OLD, NEW = "fake-1", "other-2"
Phase = pb.Upgrade.Phase
ENCODERS = {"old-encoder:1": OLD, "new-encoder:1": NEW}
FUSIONS = {"old-fusion:1": OLD, "new-fusion:1": NEW}


@dataclass
class Stack:
    """How one pack's encoder and fusion are today."""

    pack: str
    is_away: bool = False
    pause_s: float = 0.0

    def turned(self, made):
        """The same in the pack's own space: other numbers, and another name."""
        if isinstance(made, Vector) and self.pack == NEW:
            return Vector(np.roll(made.values, 3), made.space.replace(OLD, NEW))
        return made

    def named(self, space):
        return replace(space, id=space.id.replace(OLD, self.pack))

    async def answer(self):
        await asyncio.sleep(self.pause_s)
        if self.is_away:
            raise Unavailable.because_of("encoder")


class PackEncoder(FakeEncoder):
    def __init__(self, stack):
        super().__init__()
        self.stack = stack

    async def encode(self, contents, *, keep_media=False):
        await self.stack.answer()
        made = await super().encode(contents, keep_media=keep_media)
        outcomes = tuple(
            refusal(content) if self.stack.pack == NEW and "odd" in content.text else self.stack.turned(each)
            for content, each in zip(contents, made.outcomes, strict=True)
        )
        return replace(made, outcomes=outcomes, spaces=tuple(map(self.stack.named, made.spaces)))


class PackFuser(FakeFuser):
    def __init__(self, stack):
        super().__init__()
        self.stack = stack

    async def fuse(self, strategy, groups):
        await self.stack.answer()
        for group in groups:
            for part in group:
                # Two packs never meet in a fusion.
                assert part.vector.space.startswith(self.stack.pack)
        made = await super().fuse(strategy, groups)
        outcomes = tuple(
            replace(each, space=each.space.replace(OLD, self.stack.pack))
            if isinstance(each, Vector)
            else each
            for each in made.outcomes
        )
        return replace(made, outcomes=outcomes, space=self.stack.named(made.space))

    async def fused_space(self):
        await self.stack.answer()
        return Space(f"{self.stack.pack}/fused", 32)


def refusal(content):
    return InvalidArgument("Too odd.", reason=Reason.TEXT_TOO_LONG, field=content.field)


async def nothing():
    """Every dependency is there."""


class World:
    """Rooms that stay, and gateways before them that come and go."""

    def __init__(self, stack, rooms, stacks):
        self._stack, self._rooms, self.stacks = stack, rooms, stacks

    @contextlib.asynccontextmanager
    async def gateway(self, **more):
        wanted = {
            "encoder": "old-encoder:1",
            "fusion": "old-fusion:1",
            "encoder_next": "new-encoder:1",
            "fusion_next": "new-fusion:1",
            "query_recording_share": 1.0,
        } | more
        async with contextlib.AsyncExitStack() as stack:
            room = main.build(stack, GatewaySettings(**self._rooms, **wanted))
            ready = replace(room, warm_up=nothing, check=nothing)
            running = await stack.enter_async_context(serving(ready, ServerSettings(drain_ms=0)))
            yield Shop(await stack.enter_async_context(open_channel(running.address)))


class Shop:
    def __init__(self, channel):
        self.search_stub = ProductSearchServiceStub(channel)
        self.catalog = CatalogServiceStub(channel)
        self.feedback = FeedbackServiceStub(channel)
        self.upgrades = UpgradeServiceStub(channel)

    async def put(self, *products):
        response = await self.catalog.UpsertProducts(
            catalog_pb.UpsertProductsRequest(catalog="shop", products=products)
        )
        assert [0] * len(products) == [each.error.code for each in response.results]

    async def find(self, text, **more):
        request = search_pb.SearchProductsRequest(
            catalog="shop", parts=[search_pb.QueryPart(text=text)], lexical_weight=0.9, **more
        )
        return await self.search_stub.SearchProducts(request)

    async def start(self, **plan):
        request = pb.StartUpgradeRequest(catalog="shop", plan=pb.UpgradePlan(**plan))
        return (await self.upgrades.StartUpgrade(request)).upgrade

    async def get(self):
        return (await self.upgrades.GetUpgrade(pb.GetUpgradeRequest(catalog="shop"))).upgrade

    async def until(self, phase):
        async with asyncio.timeout(20):
            while (upgrade := await self.get()).phase != phase:
                await asyncio.sleep(0.02)
        return upgrade

    async def switch(self, **more):
        return (await self.upgrades.SwitchUpgrade(pb.SwitchUpgradeRequest(catalog="shop", **more))).upgrade

    async def roll_back(self):
        return (await self.upgrades.RollBackUpgrade(pb.RollBackUpgradeRequest(catalog="shop"))).upgrade


def product(number, version=0, **more):
    return Product(id=f"p{number:03}", title=f"word{number} version{version}", **more)


@pytest.fixture
async def world(tmp_path, monkeypatch):
    stacks = {pack: Stack(pack) for pack in (OLD, NEW)}
    channels = {}

    def opened(address, *more):
        channel = open_channel(address, *more)
        channels[channel] = address
        return channel

    monkeypatch.setattr(main_rooms, "open_channel", opened)
    monkeypatch.setattr(main_rooms, "EncoderRoom", lambda at: PackEncoder(stacks[ENCODERS[channels[at]]]))
    monkeypatch.setattr(main_rooms, "FusionRoom", lambda at: PackFuser(stacks[FUSIONS[channels[at]]]))
    monkeypatch.setattr(main_upgrades, "Worker", functools.partial(main_upgrades.Worker, tick_s=0.02))
    monkeypatch.setattr(worker, "HOLD_S", 0.2)
    words = InMemoryLexicalIndex()
    async with contextlib.AsyncExitStack() as stack:
        search, ranker = [
            await stack.enter_async_context(serving(room, ServerSettings(drain_ms=0)))
            for room in (
                search_room_of(InMemoryIndex(), words, InMemoryFieldIndex(words)),
                ranker_room_of(NoRankingModel()),
            )
        ]
        rooms = {
            "search": search.address,
            "ranker": ranker.address,
            "events_path": tmp_path / "events.db",
        }
        yield World(stack, rooms, stacks)


def reason_of(error):
    return from_rpc_error(error, "gateway").reason


async def test_an_upgrade_under_load_killed_in_the_middle_and_rolled_back(world):
    """No search and no write fails, each answer is of one pack, and what was acknowledged is found by both."""
    packs_seen, versions = set(), {}

    async def search(shop, done):
        number = 0
        while not done.is_set():
            number = (number + 7) % 300
            response = await shop.find(f"word{number}")
            packs_seen.add(response.index.space.partition("/")[0])
            assert f"p{number:03}" == response.results[0].product.id
            await asyncio.sleep(0)

    async def write(shop, done):
        version = 0
        while not done.is_set():
            version += 1
            number = version * 11 % 300
            await shop.put(product(number, version))
            versions[number] = version

    async with world.gateway() as shop, world.gateway() as other:
        for at in range(0, 300, 100):
            await shop.put(*(product(number) for number in range(at, at + 100)))
        done = asyncio.Event()
        load = [asyncio.create_task(work(at, done)) for at in (shop, other) for work in (search, write)]
        load = load[:3]  # one writer: it is known what was written last
        world.stacks[NEW].pause_s = 0.05
        async with world.gateway() as doomed:
            started = await doomed.start(sample_queries=["word1", "word2"], overlap_min=0.1)
            assert (OLD, NEW, Phase.PHASE_BACKFILLING) == (
                started.source_pack,
                started.target_pack,
                started.phase,
            )
        ready = await shop.until(Phase.PHASE_READY)
        assert (True, []) == (ready.comparison.query_count >= 2, list(ready.gate))
        assert Phase.PHASE_SWITCHED == (await shop.switch()).phase
        await asyncio.sleep(0.5)
        assert Phase.PHASE_ROLLED_BACK == (await other.roll_back()).phase
        await asyncio.sleep(0.5)
        assert Phase.PHASE_SWITCHED == (await shop.switch()).phase
        await asyncio.sleep(0.2)
        done.set()
        await asyncio.gather(*load)

        assert {OLD, NEW} == packs_seen
        finished = await shop.upgrades.FinishUpgrade(pb.FinishUpgradeRequest(catalog="shop"))
        assert Phase.PHASE_FINISHED == finished.upgrade.phase
        for number in range(300):
            best = (await shop.find(f"word{number}", page_size=1)).results[0].product
            assert product(number, versions.get(number, 0)).title == best.title


async def test_a_write_does_not_fail_for_the_next_pack_and_is_owed_to_it(world):
    """While its encoder is away the old vectors are written alone; the upgrade waits, then catches up."""
    async with world.gateway() as shop:
        await shop.put(product(1))
        await shop.start()
        await shop.until(Phase.PHASE_READY)
        world.stacks[NEW].is_away = True

        await shop.put(product(1, 1), product(2))

        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await shop.switch()
        assert Reason.UPGRADE_NOT_READY == reason_of(caught.value)
        world.stacks[NEW].is_away = False
        async with asyncio.timeout(10):
            while (await shop.get()).upgraded_count < 2:
                await asyncio.sleep(0.02)
        await shop.switch()
        assert "word1 version1" == (await shop.find("word1")).results[0].product.title


async def test_a_write_does_not_wait_for_a_next_pack_that_hangs(world):
    """It keeps the time that it needs itself, and what it wrote is owed to the next pack."""
    async with world.gateway() as shop:
        await shop.put(product(1))
        await shop.start()
        await shop.until(Phase.PHASE_READY)
        world.stacks[NEW].pause_s = 3_600

        request = catalog_pb.UpsertProductsRequest(catalog="shop", products=[product(1, 1)])
        response = await shop.catalog.UpsertProducts(request, timeout=2)

        assert [0] == [each.error.code for each in response.results]
        assert "word1 version1" == (await shop.find("word1")).results[0].product.title
        assert 0 == (await shop.get()).upgraded_count


async def test_the_gate_holds_and_force_passes(world):
    """What the new pack refuses, or answers too differently, keeps the switch until somebody insists."""
    async with world.gateway() as shop:
        await shop.put(product(1), Product(id="p", title="odd"))
        started = await shop.start(sample_queries=["word1"], overlap_min=0.9)
        assert [] == list(started.gate)
        ready = await shop.until(Phase.PHASE_READY)
        assert 1 == ready.refused_count, ready
        assert [("p", "TEXT_TOO_LONG", "title")] == [
            (each.id, each.reason, each.field) for each in ready.refused
        ]

        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await shop.switch()

        assert Reason.UPGRADE_NOT_READY == reason_of(caught.value)
        assert Phase.PHASE_SWITCHED == (await shop.switch(force=True)).phase


async def test_queries_are_recorded_and_judged_by_what_customers_chose(world):
    """The comparison asks them again, and nDCG is that of the products that were chosen."""
    async with world.gateway() as shop:
        await shop.put(*(product(number) for number in range(20)))
        response = await shop.find("word3")
        event = feedback_pb.ShownEvent(
            event_id="e", attribution_token=response.attribution_token, product_id="p003", type=2
        )
        recorded = await shop.feedback.RecordEvents(feedback_pb.RecordEventsRequest(events=[event]))
        assert 0 == recorded.outcomes[0].code

        await shop.start()
        comparison = (await shop.until(Phase.PHASE_READY)).comparison

        assert (1, 1) == (comparison.query_count, comparison.judged_query_count)
        assert (1.0, 1.0, 1.0) == (
            comparison.overlap_at_10,
            comparison.ndcg_at_10_source,
            comparison.ndcg_at_10_target,
        )


async def test_it_switches_and_ends_by_itself_where_it_may(world):
    """With auto_switch and no time to keep the old vectors nobody has to do anything; another one can follow."""
    async with world.gateway() as shop:
        await shop.put(product(1))
        await shop.start(auto_switch=True, keep_hours=0)

        await shop.until(Phase.PHASE_FINISHED)

        assert [Phase.PHASE_FINISHED] == [
            each.phase for each in (await shop.upgrades.ListUpgrades(pb.ListUpgradesRequest())).upgrades
        ]
        back = await shop.start()
        assert (NEW, OLD) == (back.source_pack, back.target_pack)
        await shop.until(Phase.PHASE_READY)
        cancelled = await shop.upgrades.CancelUpgrade(pb.CancelUpgradeRequest(catalog="shop"))
        assert Phase.PHASE_CANCELLED == cancelled.upgrade.phase
        assert "p001" == (await shop.find("word1")).results[0].product.id


async def test_what_cannot_be_asked_is_refused(world):
    """An upgrade needs another pack; what is not there cannot be switched, and what runs not started again."""
    async with world.gateway() as shop, world.gateway(encoder_next="", fusion_next="") as alone:
        await shop.put(product(1))
        for call, reason in (
            (shop.get, Reason.UPGRADE_NOT_FOUND),
            (shop.switch, Reason.UPGRADE_NOT_FOUND),
            (alone.start, Reason.NEXT_PACK_MISSING),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call()
            assert reason is reason_of(caught.value)
        await shop.start()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await shop.roll_back()
        assert Reason.UPGRADE_NOT_READY == reason_of(caught.value)


async def test_pages_go_on_as_far_as_they_are_known(world):
    """What a token holds is shown after a switch; what would need the old vector is said to be over."""
    async with world.gateway() as shop:
        for at in range(0, 300, 100):
            await shop.put(*(product(number) for number in range(at, at + 100)))
        await shop.start()
        first = await shop.find("version0", page_size=50)
        await shop.until(Phase.PHASE_READY)
        await shop.switch()

        seen, token, reason = {each.product.id for each in first.results}, first.next_page_token, None
        while token:
            try:
                page = await shop.find("version0", page_size=50, page_token=token)
            except grpc.aio.AioRpcError as error:
                reason = reason_of(error)
                break
            ids = {each.product.id for each in page.results}
            assert set() == seen & ids
            seen, token = seen | ids, page.next_page_token

        assert len(seen) >= 100
        assert reason in {None, Reason.PAGE_TOKEN_EXPIRED}
        assert (reason is None) == (300 == len(seen))
