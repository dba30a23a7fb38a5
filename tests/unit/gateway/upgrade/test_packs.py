"""Which pair a catalogue goes to, where one of the pairs hangs or is away."""

import asyncio

import pytest

from gateway.core.upgrade import packs as module
from gateway.core.upgrade.model import Generation, Generations, Pair
from gateway.core.upgrade.packs import Packs
from triptych.vocabulary.errors import Unavailable
from triptych.vocabulary.vectors import Space


class Describer:
    def __init__(self, pack):
        self.pack = pack
        self.asked = 0

    async def fused_space(self):
        self.asked += 1
        if self.pack == "hangs":
            await asyncio.sleep(3_600)
        if self.pack == "away":
            raise Unavailable.because_of("fusion")
        return Space(f"{self.pack}/fused", 32)


class Store:
    async def describe(self, catalog, *, counted=False):
        return Generations(Generation("b", "new"), Generation("a", "old"))


@pytest.mark.parametrize("first", ["hangs", "away"])
async def test_a_pair_that_does_not_answer_takes_no_time_of_the_other(first, monkeypatch):
    """It is asked for a moment, then not again for a while."""
    monkeypatch.setattr(module, "ASKED_S", 0.01)
    one, other = Describer(first), Describer("new")
    serving = Pair(None, None)
    packs = Packs({Pair(None, None): one, serving: other}, Store(), now=lambda: 100.0)

    async with asyncio.timeout(5):
        found = [await packs.serving("shop") for _ in range(3)]

    assert [serving] * 3 == found
    assert (1, 1) == (one.asked, other.asked)
    assert await packs.beside("shop") is None


async def test_a_pair_that_is_away_serves_what_it_served():
    """Vectors say so if it does not."""
    now = [100.0]
    one, other = Describer("old"), Describer("new")
    pair = Pair(None, None)
    packs = Packs({Pair(None, None): one, pair: other}, Store(), now=lambda: now[0])
    assert pair is await packs.serving("shop")

    other.pack = "away"
    now[0] += 60

    assert pair is await packs.serving("shop")
