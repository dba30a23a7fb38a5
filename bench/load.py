"""Load at a given rate, whatever is answered: requests begin when they are due, not when there is room for them."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import grpc
import numpy as np

Ask = Callable[[int], Awaitable[object]]
"""Asks for the n-th time; raises AioRpcError."""


@dataclass(frozen=True)
class Outcome:
    """What became of one request: its status, what it took from when it was sent, and how long after it was due that was."""

    code: str
    seconds: float
    behind_s: float = 0.0


async def once(ask: Ask, number: int, behind_s: float = 0.0) -> Outcome:
    """Ask for the *number*-th time."""
    started = time.perf_counter()
    try:
        await ask(number)
        code = "OK"
    except grpc.aio.AioRpcError as error:
        code = error.code().name
    return Outcome(code, time.perf_counter() - started, behind_s)


async def one_after_the_other(ask: Ask, seconds: float, clients: int = 1) -> list[Outcome]:
    """Ask for some seconds by so many clients, each as soon as it was answered; one that is refused waits a moment."""
    end = time.perf_counter() + seconds
    outcomes: list[Outcome] = []

    async def client() -> None:
        while time.perf_counter() < end:
            outcomes.append(await once(ask, len(outcomes)))
            if outcomes[-1].code != "OK":
                await asyncio.sleep(0.05)

    await asyncio.gather(*(client() for _ in range(clients)))
    return outcomes


async def at_rate(ask: Ask, per_second: float, seconds: float) -> list[Outcome]:
    """Ask so often for some seconds, at even distances, whatever is answered."""
    started = time.perf_counter()
    tasks: list[asyncio.Task[Outcome]] = []
    for number in range(int(per_second * seconds)):
        due = started + number / per_second
        pause = due - time.perf_counter()
        if pause > 0:
            await asyncio.sleep(pause)
        tasks.append(asyncio.create_task(once(ask, number, time.perf_counter() - due)))
    return list(await asyncio.gather(*tasks))


def of_code(outcomes: Sequence[Outcome], code: str = "OK") -> list[Outcome]:
    """Return those that ended with *code*."""
    return [each for each in outcomes if each.code == code]


def codes(outcomes: Sequence[Outcome]) -> Counter[str]:
    """Return how many ended with each status."""
    return Counter(each.code for each in outcomes)


def percentile_ms(outcomes: Sequence[Outcome], share: float) -> float:
    """Return the milliseconds that *share* percent of them stay below; not a number where there are none."""
    return (
        float(np.percentile([each.seconds for each in outcomes], share)) * 1e3 if outcomes else float("nan")
    )
