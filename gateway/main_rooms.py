"""The other rooms, put together: settings → channels → what the core takes them for."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

import grpc

from gateway.adapters.catalogs import CatalogRoom
from gateway.adapters.encoder import EncoderRoom
from gateway.adapters.fusion import FusionRoom
from gateway.adapters.generations import GenerationRoom
from gateway.adapters.health import Rooms
from gateway.adapters.media import MediaRoom
from gateway.adapters.products import PackedProducts
from gateway.adapters.ranker import RankerRoom
from gateway.adapters.search import SearchRoom
from gateway.core.upgrade.encoding import Reencoder, WritingBeside
from gateway.core.upgrade.model import Pair
from gateway.core.upgrade.packs import Packs
from gateway.core.upgrade.ports import PackDescriber
from gateway.settings import GatewaySettings
from triptych.runtime.channels import open_channel
from triptych.runtime.context import remaining_s


@dataclass(frozen=True)
class OpenRooms:
    """The rooms behind the gateway, by what the core takes them for.

    Args:
        encoder, fusion: of the current pack; *media* is what the encoder keeps.
        search, catalogs, generations: the search room three times, as index, as catalogues and as what upgrades need.
        packs: which pair of encoder and fusion a catalogue goes to.
        health: whether the rooms serve.
    """

    encoder: EncoderRoom
    media: MediaRoom
    fusion: FusionRoom
    search: SearchRoom
    catalogs: CatalogRoom
    generations: GenerationRoom
    ranker: RankerRoom
    packs: Packs
    health: Rooms


def open_rooms(stack: AsyncExitStack, settings: GatewaySettings) -> OpenRooms:
    """Return the rooms that *settings* name; their channels close with *stack*.

    Raises:
        OSError: a file for TLS cannot be used.
    """

    def channel(address: str) -> grpc.aio.Channel:
        opened = open_channel(address, settings.rooms_tls)
        stack.push_async_callback(opened.close)
        return opened

    encoder, fusion = channel(settings.encoder), channel(settings.fusion)
    search, ranker = channel(settings.search), channel(settings.ranker)
    encoder_room, fusion_room, generations = EncoderRoom(encoder), FusionRoom(fusion), GenerationRoom(search)
    pairs: dict[Pair, PackDescriber] = {Pair(encoder_room, fusion_room): fusion_room}
    if settings.encoder_next:
        next_fusion = FusionRoom(channel(settings.fusion_next))
        pairs[Pair(EncoderRoom(channel(settings.encoder_next)), next_fusion)] = next_fusion
    packs = Packs(pairs, generations)
    return OpenRooms(
        encoder=encoder_room,
        media=MediaRoom(encoder),
        fusion=fusion_room,
        search=SearchRoom(search, WritingBeside(packs, Reencoder(PackedProducts()), remaining_s).beside),
        catalogs=CatalogRoom(search),
        generations=generations,
        ranker=RankerRoom(ranker),
        packs=packs,
        health=Rooms(
            {
                "encoder": (encoder, "triptych.internal.v1.EncoderService"),
                "fusion": (fusion, "triptych.internal.v1.FusionService"),
                "search": (search, "triptych.internal.v1.SearchService"),
                "ranker": (ranker, "triptych.internal.v1.RankerService"),
            }
        ),
    )
