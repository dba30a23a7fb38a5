"""How fast a suite of its own takes in products, beside what its encoders can do, and in how much memory.

    python -m bench.ingest speed [--products 2000] [--turns 4] [--pack PACK] [--to DIR]     # pictures with text
    python -m bench.ingest memory [--products 1000 10000 100000] [--to DIR]   # text alone, through `triptych ingest`

*speed*: products of the demonstration catalogue with one picture (JPEG) and one text each. The *floor* is what nothing can
do without: the same Triton, called directly with the same texts and the same pictures, decoded and resized beforehand,
in full batches of 64, both models side by side, two batches of each under way. `Client.ingest` and the floor take turns,
each with products that were never encoded before, so that a machine whose speed drifts slows both and nothing is
remembered on either side. The ratio is products a second of the stream by products a second of the floor.

*memory*: the largest resident size of each process while so many products are stored, each number in a catalogue of its own
on one suite, started anew for each.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import tritonclient.grpc as triton
from rich.console import Console
from rich.table import Table

from bench.own_suite import own_settings, running
from training.demo import write as demo
from triptych.cli.product_files import read_lines
from triptych.client import Client
from triptych.local import suite
from triptych.local.settings import SuiteSettings
from triptych.local.triton import IMPORT_ROOT
from triptych.media.pictures import decode_picture
from triptych.runtime.triton import input_tensor
from triptych.v1 import types_pb2
from triptych.vocabulary.media import Resize

PACK = IMPORT_ROOT / "triton" / "model_repository"
BATCH = 64
BATCHES_UNDER_WAY = 2
OUT = Path(__file__).parent / "out"
console = Console()


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["speed", "memory"])
    parser.add_argument("--products", type=int, nargs="+", help="how many")
    parser.add_argument("--turns", type=int, default=4, help="into which they are divided")
    parser.add_argument("--pack", type=Path, default=PACK, help="the pack to serve")
    parser.add_argument("--to", type=Path, help="a folder to work in; default: a new one that is removed")
    arguments = parser.parse_args()
    with folder(arguments.to) as work:
        if arguments.what == "speed":
            found: Any = speed(work, arguments.pack, (arguments.products or [2000])[0], arguments.turns)
        else:
            found = [memory(work, count) for count in arguments.products or [1000, 10_000, 100_000]]
            show(found)
    OUT.mkdir(exist_ok=True)
    (OUT / f"ingest_{arguments.what}.json").write_text(json.dumps(found, indent=1))


@contextmanager
def folder(to: Path | None) -> Iterator[Path]:
    """Yield a folder to work in."""
    if to is not None:
        to.mkdir(parents=True, exist_ok=True)
        yield to.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="triptych-ingest-") as made:
        yield Path(made)


def speed(work: Path, pack: Path, count: int, turns: int) -> dict[str, Any]:
    """Return products a second of the stream and of the floor, by turn."""
    demo.write(work / "demo", count, with_queries=False)
    products = [with_one_picture(each) for each in pictured(work / "demo")]
    size = (count - BATCH) // (2 * turns)
    parts = [products[at : at + size] for at in range(0, 2 * turns * size, size)]
    settings = own_settings(pack, work / "suite")
    stream, floor = [], []
    with running(settings) as address, Client(address) as client:
        direct = triton.InferenceServerClient(f"127.0.0.1:{settings.triton_grpc_port}")
        form = direct.get_model_config("image_encoder").config.parameters
        warm = products[2 * turns * size :] or products[-BATCH:]  # nothing is measured of the first calls
        ingest(client, "warm", warm)
        call_directly(direct, prepared(warm, form))
        for mine, theirs in zip(parts[::2], parts[1::2], strict=True):
            tensors = prepared(theirs, form)
            floor.append(len(theirs) / call_directly(direct, tensors))
            stream.append(len(mine) / ingest(client, "bench", mine))
            console.print(
                f"stream {stream[-1]:.0f}/s, floor {floor[-1]:.0f}/s, ratio {stream[-1] / floor[-1]:.2f}"
            )
    ratio = float(np.mean(stream) / np.mean(floor))
    console.print(f"[bold]stream {np.mean(stream):.0f}/s, floor {np.mean(floor):.0f}/s, ratio {ratio:.2f}")
    return {"pack": pack.name, "products": count, "stream": stream, "floor": floor, "ratio": ratio}


def pictured(catalogue: Path) -> Iterator[types_pb2.Product]:
    """Yield the products of *catalogue* with the bytes of their pictures."""
    for line in read_lines(catalogue / "products.jsonl", catalogue):
        assert line.product is not None, line.error
        yield line.product


def with_one_picture(product: types_pb2.Product) -> types_pb2.Product:
    """Return *product* with the first of its pictures alone."""
    del product.images[1:]
    return product


def ingest(client: Client, catalog: str, products: Sequence[types_pb2.Product]) -> float:
    """Store *products*; return the seconds that it took."""
    started = time.perf_counter()
    refused = [each for each in client.ingest(products, catalog=catalog) if each.error]
    took = time.perf_counter() - started
    assert not refused, refused[0].error
    return took


def prepared(products: Sequence[types_pb2.Product], form: Any) -> list[tuple[str, triton.InferInput]]:
    """Return the texts and pictures as batches for Triton, with the model of each."""
    batches: list[tuple[str, triton.InferInput]] = []
    for group in grouped(products):
        texts = np.array([[f"{each.title}. {each.description}"] for each in group], dtype=object)
        pictures = np.stack([pixels(each.images[0].data, form) for each in group])
        batches.append(("text_encoder", input_tensor("TEXT", texts)))
        batches.append(("image_encoder", input_tensor("IMAGE", pictures)))
    return batches


def grouped(products: Sequence[types_pb2.Product]) -> Iterable[Sequence[types_pb2.Product]]:
    """Return *products* by the batch."""
    return (products[at : at + BATCH] for at in range(0, len(products), BATCH))


def pixels(data: bytes, form: Any) -> Any:
    """Return a picture as the model takes it; *form* are its parameters in Triton."""
    return decode_picture(
        data,
        height_px=int(form["height"].string_value),
        width_px=int(form["width"].string_value),
        resize=Resize(form["resize"].string_value),
        pixels_max=40_000_000,
    )


def call_directly(
    client: triton.InferenceServerClient, batches: Sequence[tuple[str, triton.InferInput]]
) -> float:
    """Have Triton encode *batches*; return the seconds that it took."""
    started = time.perf_counter()
    with ThreadPoolExecutor(2 * BATCHES_UNDER_WAY) as pool:
        list(pool.map(lambda batch: client.infer(batch[0], [batch[1]]), batches))
    return time.perf_counter() - started


def memory(work: Path, count: int) -> dict[str, Any]:
    """Return the largest resident size of each process while *count* texts are stored, in MB, and how long it took."""
    file = work / f"texts-{count}.jsonl"
    write_texts(file, count)
    settings = own_settings(PACK, work / f"suite-{count}")
    with running(settings) as address, Watch(settings) as watch:
        command = [sys.executable, "-m", "triptych.cli.main", "ingest", str(file), "--address", address]
        command += ["--state", str(settings.state), "--catalog", "bench"]
        started = time.perf_counter()
        running_command = subprocess.Popen(command, env={**os.environ}, stdout=subprocess.DEVNULL)
        watch.add("triptych ingest", running_command.pid)
        assert running_command.wait() == 0
        took_s = time.perf_counter() - started
    console.print(f"{count} products in {took_s:.0f} s, {count / took_s:.0f}/s: {watch.peaks_mb}")
    return {"products": count, "seconds": took_s, "per_second": count / took_s, "mb": watch.peaks_mb}


def write_texts(file: Path, count: int) -> None:
    """Write so many products of words: every one different, none with a picture."""
    colours = ("red", "blue", "green", "black", "white", "yellow")
    things = ("mug", "chair", "shirt", "lamp", "bag", "plate", "sofa")
    with file.open("w", encoding="utf-8") as lines:
        for n in range(count):
            colour, thing = colours[n % len(colours)], things[n % len(things)]
            product = {
                "id": f"text-{n}",
                "title": f"{colour} {thing} {n}",
                "description": f"A {colour} {thing} for the house, model {n % 977}, made to last.",
                "brand": f"Brand {n % 50}",
                "price": {"units": n % 200, "currencyCode": "EUR"},
            }
            lines.write(json.dumps(product) + "\n")


class Watch:
    """Looks at the resident size of processes, ten times a second; *peaks_mb* by name."""

    def __init__(self, settings: SuiteSettings) -> None:
        self.peaks_mb: dict[str, int] = {}
        self._processes = {each.name: psutil.Process(each.pid) for each in suite.status(settings)}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def add(self, name: str, pid: int) -> None:
        """Look at one more process."""
        self._processes[name] = psutil.Process(pid)

    def _look(self) -> None:
        while not self._over.wait(0.1):
            for name, process in list(self._processes.items()):
                try:
                    size_mb = process.memory_info().rss >> 20
                except psutil.NoSuchProcess:
                    continue
                self.peaks_mb[name] = max(size_mb, self.peaks_mb.get(name, 0))


def show(found: Sequence[dict[str, Any]]) -> None:
    """Print the sizes as a table."""
    table = Table(title="largest resident size, MB")
    names = sorted({name for each in found for name in each["mb"]})
    for heading in ("products", "products/s", *names):
        table.add_column(heading, justify="right")
    for each in found:
        table.add_row(
            f"{each['products']:,}",
            f"{each['per_second']:.0f}",
            *(str(each["mb"].get(name, "")) for name in names),
        )
    console.print(table)


if __name__ == "__main__":
    main()
