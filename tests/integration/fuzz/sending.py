"""Sends random requests to every RPC, several at once, and looks at what comes back."""

import asyncio
import random
from collections import Counter
from typing import Any

import grpc
from google.protobuf import message_factory
from google.protobuf.message import Message
from messages import TOKENS, Maker
from mutations import wire
from oracle import complaint

AT_ONCE = 16
# Longer than anything takes that is not stuck.
HANGS_S = 60.0


async def fuzzed(rooms: Any, count: int, seed: int) -> list[str]:
    """Send *count* requests to *rooms*; return what is wrong with the outcomes, each with what was sent."""
    drawn = random.Random(seed)
    maker, methods = Maker(drawn, "fuzz"), rooms.methods()
    calls = {method.full_name: call_of(rooms, method) for method in methods}
    complaints: list[str] = []
    answered: Counter[str] = Counter()
    room = asyncio.Semaphore(AT_ONCE)

    async def send(number: int, method: Any, sent: list[bytes]) -> None:
        async with room:
            told = await outcome_of(calls[method.full_name], sent)
        if why := complaint(told):
            shown = [each.hex() if len(each) < 4000 else f"{each[:2000].hex()}… {len(each)}" for each in sent]
            complaints.append(f"seed {seed}, number {number}, {method.full_name}: {why}\nsent {shown}")
        answered[method.full_name] += isinstance(told, Message)
        maker.tokens = [*maker.tokens, *tokens_in(told)][-TOKENS:]

    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            method = drawn.choice(methods)
            messages = drawn.randrange(1, 5) if method.client_streaming else 1
            sent = [wire(drawn, maker.message(method.input_type)) for _ in range(messages)]
            tasks.create_task(send(number, method, sent))
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
            while len(tasks._tasks) > 4 * AT_ONCE:
                await asyncio.sleep(0.001)

    print(
        f"{count} requests, {answered.total()} of them answered; never: {sorted(set(calls) - set(+answered))}"
    )
    return complaints


def call_of(rooms, method):
    """Return a function that sends bytes, or several to a stream, and returns the response, or raises."""
    service = method.containing_service.full_name
    path, answer = f"/{service}/{method.name}", message_factory.GetMessageClass(method.output_type)
    channel = rooms.channels[service]
    if not method.client_streaming:
        unary = channel.unary_unary(path, response_deserializer=answer.FromString)
        return lambda sent: unary(sent[0], timeout=HANGS_S)
    stream = channel.stream_stream(path, response_deserializer=answer.FromString)

    async def streamed(sent):
        told = [each async for each in stream(iter(sent), timeout=HANGS_S)]
        return told[-1] if told else answer()

    return streamed


async def outcome_of(call: Any, sent: list[bytes]) -> Any:
    """Return the response or the failure."""
    try:
        return await call(sent)
    except grpc.aio.AioRpcError as error:
        return error


def tokens_in(told: Any) -> list[str]:
    """Return the tokens that an answer gave, to be sent again."""
    names = ("next_page_token", "attribution_token")
    return [value for name in names if (value := getattr(told, name, ""))]
