"""What it costs to encode a picture or a text that came before, and to keep the pictures of products.

    triptych up
    python -m bench.media [--triton HOST:PORT] [--pictures 128] [--rounds 5] [--folder DIR]

Encoder rooms run in this process, behind real gRPC, over the Triton of a running suite. Pictures are those of the
demonstration catalogue, JPEGs of 480 × 480 pixels, texts its titles; seed 0.

Hit and miss take turns: all single calls, one after the other, of a room that remembers and was asked for all of them
before, and of one that remembers nothing. Likewise the batches of 64 pictures of a room with a media store, new to it
each round, and of one without; *folder* says on which disk. Figures are medians of the rounds, per picture or text.
"""

import argparse
import asyncio
import io
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

from bench import reporting
from services.encoder.main import build
from services.encoder.settings import EncoderSettings
from training.demo.items import items
from training.demo.render import render
from triptych.internal.v1 import encoder_service_pb2_grpc as pb_grpc
from triptych.internal.v1.encoder_service_pb2 import EncodePart, EncodeRequest
from triptych.runtime.channels import open_channel
from triptych.runtime.logs import configure
from triptych.runtime.serve import serving
from triptych.v1.types_pb2 import Media

PIXELS = 480
BATCH = 64
TIMEOUT_S = 120
COMPARED = {"picture": "not remembered", "text": "not remembered", "kept picture": "not kept"}


def pictures(count: int) -> list[bytes]:
    """Return JPEGs of different products."""
    files = []
    for item in items()[:count]:
        file = io.BytesIO()
        render(item, 0, PIXELS).save(file, "JPEG", quality=88)
        files.append(file.getvalue())
    return files


def parts_of(files: Sequence[bytes], mark: bytes = b"") -> list[EncodePart]:
    """Return pictures to encode; *mark*, after the end of the picture, makes files that nobody saw before."""
    return [EncodePart(image=Media(data=file + mark)) for file in files]


async def room(stack: AsyncExitStack, triton: str, **chosen: object) -> "pb_grpc.EncoderServiceAsyncStub":
    """Return a stub of an encoder room that is ready."""
    settings = EncoderSettings.model_validate(
        {"triton_url": triton, "port": 0, "metrics_port": 0, "drain_ms": 0, **chosen}
    )
    built = build(stack, settings)
    await built.warm_up()
    running = await stack.enter_async_context(serving(built, settings))
    return pb_grpc.EncoderServiceStub(await stack.enter_async_context(open_channel(running.address)))


async def encode(
    stub: "pb_grpc.EncoderServiceAsyncStub", parts: Sequence[EncodePart], *, keep: bool = False
) -> None:
    """Encode *parts* in one call; all must succeed."""
    response = await stub.Encode(EncodeRequest(parts=parts, keep_media=keep), timeout=TIMEOUT_S)
    assert all(part.HasField("vector") for part in response.parts)


async def singly(stub: "pb_grpc.EncoderServiceAsyncStub", parts: Sequence[EncodePart]) -> float:
    """Return the milliseconds of the median call of one part."""
    times = []
    for part in parts:
        started = time.perf_counter()
        await encode(stub, [part])
        times.append(time.perf_counter() - started)
    return median(times) * 1e3


async def in_batches(
    stub: "pb_grpc.EncoderServiceAsyncStub", parts: Sequence[EncodePart], *, keep: bool
) -> float:
    """Return the milliseconds a part in calls of a batch each."""
    started = time.perf_counter()
    for at in range(0, len(parts), BATCH):
        await encode(stub, parts[at : at + BATCH], keep=keep)
    return (time.perf_counter() - started) / len(parts) * 1e3


async def measure(arguments: argparse.Namespace, folder: Path) -> dict[str, tuple[float, float]]:
    """Return for each case the milliseconds a part, and those of what it is compared with."""
    files = pictures(arguments.pictures)
    texts = [EncodePart(text=item.title_en) for item in items()[: arguments.pictures]]
    measured: dict[str, list[tuple[float, float]]] = {"picture": [], "text": [], "kept picture": []}
    async with AsyncExitStack() as stack:
        remembering = await room(stack, arguments.triton)
        forgetting = await room(stack, arguments.triton, remembered_bytes_max=0)
        keeping = await room(stack, arguments.triton, remembered_bytes_max=0, media_store=str(folder))
        for parts in (parts_of(files), texts):
            for stub in (remembering, forgetting, keeping):
                await encode(stub, parts)
        for turn in range(arguments.rounds):
            for case, parts in (("picture", parts_of(files)), ("text", texts)):
                measured[case].append((await singly(remembering, parts), await singly(forgetting, parts)))
            new = parts_of(files, turn.to_bytes(4, "big"))
            kept = await in_batches(keeping, new, keep=True)
            measured["kept picture"].append((kept, await in_batches(forgetting, new, keep=False)))
    return {
        case: (median(a), median(b))
        for case, pairs in measured.items()
        for a, b in [zip(*pairs, strict=True)]
    }


def main() -> None:
    """Measure and print."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--triton", default="127.0.0.1:7001")
    parser.add_argument("--pictures", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path("var"))
    arguments = parser.parse_args()
    configure("bench", "error")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=arguments.folder))
    try:
        found = asyncio.run(measure(arguments, folder))
    finally:
        shutil.rmtree(folder)
    reporting.show(
        [
            {
                "case": case,
                "ms": ours,
                "compared with": COMPARED[case],
                "its ms": other,
                "ratio": ours / other,
            }
            for case, (ours, other) in found.items()
        ]
    )


if __name__ == "__main__":
    main()
