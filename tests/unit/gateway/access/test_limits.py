"""How often a caller may ask, and how much at once."""

import asyncio

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.access.limits import CALLERS_MAX, Limits
from gateway.core.access.model import Caller
from triptych.client import Client, TriptychClientError
from triptych.v1 import catalog_service_pb2 as pb
from triptych.v1 import catalog_service_pb2_grpc as pb_grpc
from triptych.vocabulary.errors import Reason, ResourceExhausted
from triptych.vocabulary.roles import Role

RPC = "CatalogService/GetProduct"
REQUEST = pb.GetProductRequest(catalog="mine", id="p")


class Clock:
    """Seconds, as a test has them."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def caller(rate: float | None = None, at_once: int | None = None, name: str = "a") -> Caller:
    return Caller(name, Role.SEARCH, frozenset("*"), rate, at_once)


def refused(limits: Limits, who: Caller) -> ResourceExhausted | None:
    try:
        limits.take(who)
    except ResourceExhausted as error:
        return error
    return None


class TestRate:
    @given(
        rate=st.floats(0.1, 50),
        pauses=st.lists(st.floats(0, 3), min_size=1, max_size=200),
    )
    def test_no_more_than_a_second_ahead_of_the_rate(self, rate, pauses):
        """In any time t at most rate · t + one second's requests (or one) pass."""
        clock = Clock()
        limits, passed = Limits(clock), 0
        for pause in pauses:
            clock.now += pause
            passed += refused(limits, caller(rate)) is None
            assert passed <= rate * (clock.now - 1000) + max(rate, 1) + 1e-6

    @given(rate=st.floats(0.1, 50), asked=st.integers(1, 200))
    def test_who_comes_when_told_is_let_in(self, rate, asked):
        """RetryInfo says when the next one may come: not before, and then surely."""
        clock = Clock()
        limits = Limits(clock)
        told = [refused(limits, caller(rate)) for _ in range(asked)][-1]
        if told is None:
            return
        wait_s = told.retry_after_ms / 1e3

        assert Reason.RATE_LIMITED is told.reason
        # To the millisecond.
        clock.now += wait_s - 0.001 - 1e-6
        assert refused(limits, caller(rate)) is not None
        clock.now += 0.001 + 2e-6
        assert refused(limits, caller(rate)) is None

    def test_callers_do_not_share(self):
        """Whoever asks too much takes nothing of others."""
        limits = Limits(Clock())
        spent = [refused(limits, caller(2.0)) for _ in range(5)]

        assert [True, True, False, False, False] == [each is None for each in spent]
        assert refused(limits, caller(2.0, name="b")) is None

    def test_memory_is_bounded(self):
        """Callers of long ago are forgotten: a token's subject is whatever its issuer says."""
        clock = Clock()
        limits = Limits(clock)
        for number in range(3 * CALLERS_MAX):
            clock.now += 0.01
            limits.take(caller(10.0, name=str(number)))

        assert CALLERS_MAX >= len(limits._full_at)


async def test_a_caller_that_is_too_fast_is_told_when_to_come_again(gateway, keys):
    """Others are not slowed."""
    fast, other = keys.make(requests_per_second=2.0), keys.make()

    answers = [await gateway.ask(RPC, REQUEST, fast) for _ in range(4)]

    assert ["PASSED", "PASSED", "RATE_LIMITED", "RATE_LIMITED"] == answers
    assert "PASSED" == await gateway.ask(RPC, REQUEST, other)


async def test_the_gateway_has_limits_for_those_that_have_none(start, keys):
    """A key's own go before."""
    gateway = await start(keys_file=str(keys.path), requests_per_second=1.0)
    common, rich = keys.make(), keys.make(requests_per_second=50.0)

    assert ["PASSED", "RATE_LIMITED"] == [await gateway.ask(RPC, REQUEST, common) for _ in range(2)]
    assert ["PASSED"] * 5 == [await gateway.ask(RPC, REQUEST, rich) for _ in range(5)]


async def test_anonymous_callers_share_one_limit(start):
    """Where nobody is told apart."""
    gateway = await start(requests_per_second=1.0)

    assert ["PASSED", "RATE_LIMITED"] == [await gateway.ask(RPC, REQUEST) for _ in range(2)]


async def test_the_client_tells_when_to_come_again(start):
    """In seconds."""
    gateway = await start(requests_per_second=0.01)

    def ask() -> tuple[str, float | None]:
        with Client(gateway.address) as client, pytest.raises(TriptychClientError) as caught:
            client.delete(["a"], catalog="mine", timeout_s=0.5)
        return caught.value.reason, caught.value.retry_after_s

    await asyncio.to_thread(ask)
    reason, retry_after_s = await asyncio.to_thread(ask)

    assert "RATE_LIMITED" == reason
    assert 90 < retry_after_s <= 100


async def test_so_many_at_once(gateway, keys):
    """A place is free again when a request ends."""
    key = keys.make("write", requests_at_once=1)
    stub = pb_grpc.CatalogServiceStub(gateway.channel)
    stream = stub.IngestProducts(metadata=(("x-api-key", key),))
    await stream.write(pb.IngestProductsRequest(start={"catalog": "mine"}))
    assert (await stream.read()).HasField("started")

    during = await gateway.ask(RPC, REQUEST, key)
    await stream.done_writing()
    async with asyncio.timeout(5):
        while await stream.read() is not grpc.aio.EOF:
            pass
        await stream.code()

    assert ("CONCURRENCY_LIMITED", "PASSED") == (during, await gateway.ask(RPC, REQUEST, key))


@pytest.mark.parametrize("at_once", [1, 3])
def test_places_are_given_back(at_once):
    """After failures too."""
    limits, who = Limits(), caller(at_once=at_once)
    for _ in range(10):
        with pytest.raises(KeyError), limits.at_once(who):
            raise KeyError

    assert not limits._at_once
