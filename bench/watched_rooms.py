"""Sets of rooms for bench.overhead: each watched in a way of its own, all on one Milvus and one Triton."""

import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.own_suite import WITHOUT_MEMORY
from triptych.local.health import healthy
from triptych.local.part import Part
from triptych.local.parts import parts_of
from triptych.local.ports import free_port
from triptych.local.settings import SuiteSettings
from triptych.local.triton import IMPORT_ROOT

SCRAPE_S = 15.0
WAIT_S = 300.0


@dataclass(frozen=True)
class Variant:
    """A way to run the rooms: by which module their own is run, and of what share of the requests spans are made."""

    module: str = ""
    traced: float | None = None


def rooms_of(settings: SuiteSettings, name: str, variant: Variant, collector: str) -> list[Part]:
    """Return rooms of their own for *variant*, on the engines of *settings*."""
    fresh: dict[str, object] = {
        each: free_port()
        for each in SuiteSettings.model_fields
        if each.endswith("_port") and not each.startswith(("milvus", "triton"))
    }
    if variant.traced is not None:
        fresh |= {"tracing_endpoint": collector, "tracing_ratio": variant.traced}
    own = settings.model_copy(update={**fresh, "state": settings.folder / re.sub(r"\W+", "-", name)})
    return [
        replace(each, command=run_by(variant.module, each.command))
        for each in parts_of(own)
        if each.group != "engines"
    ]


def run_by(module: str, command: Sequence[str]) -> tuple[str, ...]:
    """Return *command*, whose last word is a module, run by *module*."""
    return (*command[:-1], module, command[-1]) if module else tuple(command)


@contextmanager
def started(parts: Sequence[Part], folder: Path) -> Iterator[None]:
    """Run *parts* while the block does."""
    folder.mkdir(parents=True, exist_ok=True)
    processes = []
    try:
        for part in parts:
            environment = {**os.environ, **part.environment, **WITHOUT_MEMORY}
            with (folder / f"{part.name}.log").open("wb") as log:
                processes.append(
                    subprocess.Popen(part.command, env=environment, cwd=IMPORT_ROOT, stdout=log, stderr=log)
                )
        wait_until_healthy(parts)
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def wait_until_healthy(parts: Sequence[Part]) -> None:
    """Return when all *parts* are ready."""
    end = time.monotonic() + WAIT_S
    while not all(healthy(parts)):
        if time.monotonic() > end:
            raise SystemExit(f"not ready after {WAIT_S:.0f} s")
        time.sleep(0.5)


@contextmanager
def scraped(parts: Sequence[Part]) -> Iterator[None]:
    """Ask *parts* for their metrics now and then while the block runs."""
    stop = threading.Event()

    def scrape() -> None:
        while not stop.wait(SCRAPE_S):
            for part in parts:
                with urllib.request.urlopen(f"http://127.0.0.1:{part.metrics_port}/metrics") as page:
                    page.read()

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def collecting() -> Iterator[str]:
    """Run a collector while the block runs; yields its address."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.collector", str(port)], cwd=IMPORT_ROOT)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
