"""One worker of a job: fragments in, parts out. It walks the gateway's own path of a write, but for the store."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from bulk.fragments import Fragment, lines_of
from bulk.parts import Done, write_part
from gateway.adapters.encoder import EncoderRoom
from gateway.adapters.fusion import FusionRoom
from gateway.adapters.products import PackedProducts
from gateway.core.catalog import Catalog
from gateway.core.clock import Ahead
from gateway.core.model.catalog import ProductRecord
from gateway.core.model.writes import Written
from gateway.translate.transfer import encoded_message, space_message
from gateway.translate.updates import checked
from triptych.cli.product_files import Line
from triptych.runtime.channels import open_channel
from triptych.runtime.context import request
from triptych.runtime.security.tls import PLAIN, TlsFiles
from triptych.v1 import maintenance_service_pb2 as pb
from triptych.vocabulary.batches import batched
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import DeadlineExceeded, ResourceExhausted, TriptychError, Unavailable
from triptych.vocabulary.vectors import Space

# Products a call: a full batch of every model; fewer where they are so large that a room would not take the message. As
# with the gateway's streams.
BATCH = 32
BATCH_BYTES = 16 * 1024**2
# Calls under way, so that one decodes pictures while another is in a model.
BATCHES_IN_FLIGHT = 4
CALL_S = 120.0
# How long a room that does not answer is waited for.
PATIENCE_S = 600.0
# As the gateway has it by default.
AHEAD = Ahead(24, time.time)
TRANSIENT = (Unavailable, DeadlineExceeded, ResourceExhausted)


@dataclass
class Collector:
    """What the walk takes for the store: it keeps what is written."""

    records: list[ProductRecord] = field(default_factory=list)
    spaces: dict[SpaceKind, Space] = field(default_factory=dict)

    async def write(
        self,
        catalog: str,  # noqa: ARG002 - the port has it
        spaces: Mapping[SpaceKind, Space],
        products: Sequence[ProductRecord],
    ) -> list[Written | TriptychError]:
        """Keep *products*."""
        self.records += products
        self.spaces |= spaces
        return [Written() for _ in products]


@dataclass(frozen=True)
class Workplace:
    """Where a worker works: the rooms that encode and fuse, the root of the media, the folder of the job, and TLS."""

    encoder: str
    fusion: str
    media_root: str
    folder: str
    tls: TlsFiles = PLAIN


class Worker:
    """Called with a fragment, as Ray Data has it; makes its part and returns its figures."""

    def __init__(self, workplace: Workplace) -> None:
        self._place = workplace

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Encode a fragment."""
        done = asyncio.run(self._work(Fragment(**row)))
        return {key: value for key, value in asdict(done).items() if key != "spaces"}

    async def _work(self, fragment: Fragment) -> Done:
        place = self._place
        encoder, fusion = open_channel(place.encoder, place.tls), open_channel(place.fusion, place.tls)
        async with encoder, fusion:
            rooms = EncoderRoom(encoder), FusionRoom(fusion)
            slots = asyncio.Semaphore(BATCHES_IN_FLIGHT)
            tasks: list[asyncio.Task[tuple[Collector, list[str]]]] = []
            async with asyncio.TaskGroup() as group:
                for lines in batches(lines_of(fragment, Path(self._place.media_root))):
                    await slots.acquire()
                    task = group.create_task(_encoded(*rooms, lines))
                    task.add_done_callback(lambda _: slots.release())
                    tasks.append(task)
        collected = [task.result() for task in tasks]
        products = [encoded_message(each) for collector, _ in collected for each in collector.records]
        spaces = {kind: space for collector, _ in collected for kind, space in collector.spaces.items()}
        errors = [error for _, refused in collected for error in refused]
        return write_part(
            Path(self._place.folder), fragment.number, _last_of_each(products), _messages(spaces), errors
        )


async def _encoded(
    encoder: EncoderRoom, fusion: FusionRoom, lines: Sequence[Line]
) -> tuple[Collector, list[str]]:
    """Return what became of *lines*: the records, and those that were refused with the reason."""
    sent = [(line, checked(line.product)) for line in lines if line.product is not None]
    errors = [line.as_error(line.error) for line in lines if line.product is None]
    collector, outcomes = Collector(), []
    async for attempt in AsyncRetrying(
        retry=retry_if_exception_type(TRANSIENT),
        stop=stop_after_delay(PATIENCE_S),
        wait=wait_random_exponential(max=10),
        reraise=True,
    ):
        with attempt, request(None, CALL_S):
            collector = Collector()
            catalog = Catalog(encoder, fusion, collector, PackedProducts(), AHEAD)  # type: ignore[arg-type]
            outcomes = await catalog.upsert("bulk", [product for _, product in sent])
    errors += [
        line.as_error(f"{error.field}: {error.message}" if error.field else error.message)
        for (line, _), error in zip(sent, outcomes, strict=True)
        if isinstance(error, TriptychError)
    ]
    return collector, errors


def batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Yield *lines* in order, so many that their products make `BATCH` and `BATCH_BYTES` at most; a larger one goes alone."""
    return batched(
        lines, lambda line: 0 if line.product is None else line.product.ByteSize(), BATCH_BYTES, BATCH
    )


def _last_of_each(products: Sequence[pb.EncodedProduct]) -> list[pb.EncodedProduct]:
    """Return *products* without those whose id stands again later: the last one counts."""
    return list({each.product.id: each for each in products}.values())


def _messages(spaces: Mapping[SpaceKind, Space]) -> list[pb.VectorSpace]:
    return [space_message(kind, spaces[kind]) for kind in sorted(spaces)]
