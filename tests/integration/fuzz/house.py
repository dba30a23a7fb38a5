"""The whole house in this process: five rooms and those of a second pack, over real channels, with what is in memory."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pool

from gateway import main as gateway
from gateway.settings import GatewaySettings
from services.encoder import main as encoder
from services.encoder.adapters.in_memory import (
    PACK,
    InMemoryAudioEncoder,
    InMemoryImageEncoder,
    InMemoryTextEncoder,
)
from services.encoder.adapters.media_folder import MediaFolder
from services.encoder.core.describe import Described
from services.encoder.core.facts import DescriberFacts, SpeechFacts
from services.encoder.core.transcribe import Heard
from services.encoder.settings import EncoderSettings
from services.fusion import main as fusion
from services.fusion.adapters.in_memory import InMemoryFusionModel
from services.ranker import main as ranker
from services.ranker.core.networks import NoRankingModel
from services.search import main as search
from services.search.adapters.in_memory import InMemoryIndex
from services.search.adapters.sqlite.fields import SqliteFieldIndex
from services.search.adapters.sqlite.lexical import SqliteLexicalIndex
from services.search.adapters.sqlite.store import SqliteStore
from triptych.runtime.channels import open_channel
from triptych.runtime.serve import Room, serving
from triptych.runtime.settings import ServerSettings
from triptych.vocabulary.media import Resize
from triptych.vocabulary.vectors import ModelVersion

QUIET = ServerSettings(drain_ms=0, grace_ms=1000, requests_in_flight_max=1000)
ANY_SIZE = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


class Describer:
    """Says the same of every picture."""

    async def facts(self) -> DescriberFacts:
        return DescriberFacts(ModelVersion("describer", "1", ""), ("en",), 32, 32, Resize.FIT_WHITE)

    async def describe(self, picture: Any) -> Described:
        return Described("A red mug.", 0.5)


class Transcriber:
    """Hears the same in every sound."""

    async def facts(self) -> SpeechFacts:
        return SpeechFacts(ModelVersion("transcriber", "1", ""), ("en",), 16_000, 30)

    async def transcribe(self, wave: Any) -> Heard:
        return Heard("a red mug", 0.9, {"colour": "red", "category": "mug"})


@dataclass(frozen=True)
class House:
    """The rooms' channels, without anything that a client of ours adds, by the name of each of their services; the gateway's address."""

    channels: dict[str, grpc.aio.Channel]
    address: str

    def methods(self) -> list[Any]:
        """The descriptors of all methods."""
        pool = descriptor_pool.Default()
        return [method for name in self.channels for method in pool.FindServiceByName(name).methods]


@contextlib.asynccontextmanager
async def house(folder: Path, patch: Any) -> AsyncIterator[House]:
    """Serve while the block runs, with what is kept in *folder*."""
    # Nothing of Triton is called.
    patch.setattr(encoder, "TritonTextEncoder", lambda version, _: InMemoryTextEncoder(version))
    patch.setattr(encoder, "TritonImageEncoder", lambda version, _: InMemoryImageEncoder(version))
    patch.setattr(encoder, "TritonAudioEncoder", lambda version, _: InMemoryAudioEncoder(version))
    patch.setattr(encoder, "TritonDescriber", lambda *_: Describer())
    patch.setattr(encoder, "TritonTranscriber", lambda *_: Transcriber())
    async with contextlib.AsyncExitStack() as stack:
        store = SqliteStore(folder / "words.db")
        stack.push_async_callback(store.close)
        rooms = {
            "encoder": encoder_room(stack, folder, "1"),
            "fusion": fusion.room_of(InMemoryFusionModel(16, f"{PACK}-1")),
            "encoder_next": encoder_room(stack, folder, "2"),
            "fusion_next": fusion.room_of(InMemoryFusionModel(16, f"{PACK}-2")),
            "search": search.room_of(InMemoryIndex(), SqliteLexicalIndex(store), SqliteFieldIndex(store)),
            "ranker": ranker.room_of(NoRankingModel()),
        }
        addresses = {name: await address(stack, room) for name, room in rooms.items()}
        front = gateway.build(stack, GatewaySettings(**addresses, events_path=folder / "events.db"))
        addresses["gateway"], rooms["gateway"] = await address(stack, front), front
        yield House(
            {
                service.full_name: await stack.enter_async_context(
                    grpc.aio.insecure_channel(addresses[name], options=ANY_SIZE)
                )
                for name, room in rooms.items()
                if not name.endswith("_next")
                for service in room.services
            },
            addresses["gateway"],
        )


async def address(stack: contextlib.AsyncExitStack, room: Room) -> str:
    """Serve *room*; return where, once it is warm."""
    running = await stack.enter_async_context(serving(room, QUIET))
    async with open_channel(running.address) as channel, asyncio.timeout(20):
        await channel.channel_ready()
    return running.address


def encoder_room(stack: contextlib.AsyncExitStack, folder: Path, version: str) -> Room:
    """Return an encoder of the pack's *version*, with all that a real one has but Triton."""
    settings = EncoderSettings(media_store=str(folder / f"media{version}"))
    threads = stack.enter_context(ThreadPoolExecutor(2))
    fetcher = encoder.fetcher_of(settings, stack)
    media = MediaFolder(folder / f"media{version}", 10_000_000, threads)
    return encoder.room_of(
        encoder.encoder_of(settings, version, fetcher, media, threads),
        encoder.describer_of(settings, version, fetcher, threads),
        encoder.transcriber_of(settings, version, fetcher, threads),
        encoder.detector_of(settings, fetcher, threads),
        media,
    )
